"""Times PyTorch (eager, no compilation) on the same weights and inputs: peer.py <folder> <cuda|cpu> <seconds> <batches> [--quick].
Prints a line of JSON for each case."""

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from nets import Half, build

folder, device, seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
batches, quick = [int(n) for n in sys.argv[4].split(",")], "--quick" in sys.argv
MODES = {
    "cuda": [("float32, TF32 off", False, False), ("float32, TF32 on", False, True), ("float16", True, False)],
    "cpu": [("float32", False, False)],
}
DTYPES = {"float32": torch.float32, "int64": torch.int64}


def settle():
    if device == "cuda":
        torch.cuda.synchronize()


def measure(run):
    """Milliseconds of each run, after a warm-up of the same kind."""
    until = time.perf_counter() + seconds / 2
    for i in range(1000):
        run()
        if i >= 2 and time.perf_counter() > until:
            break
    times, until = [], time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < until:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    return times


def device_memory():
    try:
        words = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        return int(subprocess.check_output(words, text=True).split()[0])
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


for model in json.loads((folder / "models.json").read_text())["models"]:
    inputs = []
    for spec in model["inputs"]:
        dtype = DTYPES[spec["dtype"]]
        flat = torch.frombuffer(bytearray((folder / spec["file"]).read_bytes()), dtype=dtype)
        inputs.append(flat.reshape(-1, *spec["shape"]))
    expected = torch.frombuffer(bytearray((folder / model["expected"]).read_bytes()), dtype=torch.float32)
    expected = expected.reshape(model["rows"], -1)
    for mode, half, tf32 in MODES[device]:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        net, _, _ = build(model["name"], quick)
        net.load_state_dict(torch.load(folder / f"{model['name']}.pt"))
        net = (Half(net) if half else net).to(device)
        for batch in batches:
            given = [x[:batch].clone() for x in inputs]
            with torch.inference_mode():
                answer = net(*(x.to(device) for x in given)).float().cpu()
                there = [x.to(device) for x in given]
                times = measure(lambda: net(*(x.to(device) for x in given)).cpu())

                def kept():
                    net(*there)
                    settle()

                inside = measure(kept)
            wanted = expected[:batch]
            print(
                json.dumps(
                    {
                        "model": model["name"],
                        "runner": f"PyTorch {device}, {mode}",
                        "batch": batch,
                        "p50": statistics.median(times),
                        "p95": sorted(times)[int(len(times) * 0.95)],
                        "runs": len(times),
                        "throughput": batch * len(times) / (sum(times) / 1000),
                        "kept": statistics.median(inside),
                        "error": ((answer - wanted).abs().max() / wanted.abs().max()).item(),
                        "deviceMemory": device_memory(),
                        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                    }
                ),
                flush=True,
            )
        del net
        if device == "cuda":
            torch.cuda.empty_cache()
