"""Makes the models, their inputs and the answers in float64: models.py <folder> <rows> [--quick]. Nothing is downloaded.
Writes <name>.<float32|float16>.onnx, <name>.pt, <name>.<input>.bin, <name>.expected.bin and models.json."""

import copy
import json
import sys
import warnings
from pathlib import Path

import onnx
import torch
from nets import Half, build

OPSET = 17
folder, rows, quick = Path(sys.argv[1]), int(sys.argv[2]), "--quick" in sys.argv
warnings.filterwarnings("ignore")
device = "cuda" if torch.cuda.is_available() else "cpu"


def export(net, path, names, inputs):
    axes = {name: {0: "n"} for name in [*names, "answer"]}
    torch.onnx.export(
        net, tuple(inputs), path, input_names=names, output_names=["answer"], opset_version=OPSET, dynamic_axes=axes, dynamo=False
    )


def write_identity(path, inputs):
    """Gives its inputs back: run on a device whose outputs stay there, it puts them there."""
    codes = {torch.float32: onnx.TensorProto.FLOAT, torch.int64: onnx.TensorProto.INT64}
    info = lambda prefix: [
        onnx.helper.make_tensor_value_info(prefix + n, codes[x.dtype], ["n", *x.shape[1:]]) for n, x in inputs.items()
    ]
    nodes = [onnx.helper.make_node("Identity", [f"given_{n}"], [n]) for n in inputs]
    graph = onnx.helper.make_graph(nodes, "identity", info("given_"), info(""))
    onnx.save(onnx.helper.make_model(graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", OPSET)]), path)


models = []
for name in ("resnet50", "encoder"):
    net, names, feed = build(name, quick)
    inputs = feed(rows)
    torch.save(net.state_dict(), folder / f"{name}.pt")
    with torch.no_grad():
        exact = copy.deepcopy(net).double().to(device)
        wide = [(x.double() if x.is_floating_point() else x).to(device) for x in inputs]
        # In parts, so that float64 needs little memory.
        expected = torch.cat([exact(*(x[i : i + 4] for x in wide)) for i in range(0, rows, 4)]).float().cpu()
    del exact, wide
    for input_name, x in zip(names, inputs):
        x.numpy().tofile(folder / f"{name}.{input_name}.bin")
    expected.numpy().tofile(folder / f"{name}.expected.bin")
    files = {}
    few = [x[:2] for x in inputs]
    for dtype in ("float32", "float16"):
        try:
            path = folder / f"{name}.{dtype}.onnx"
            if dtype == "float32":
                export(net, path, names, few)
            else:
                export(Half(copy.deepcopy(net)).to(device), path, names, [x.to(device) for x in few])
            files[dtype] = path.name
        except Exception as error:  # noqa: BLE001 one precision that cannot be exported leaves the other
            print(f"{name} {dtype}: {error}", file=sys.stderr)
    write_identity(folder / f"{name}.identity.onnx", dict(zip(names, inputs)))
    models.append(
        {
            "name": name,
            "identity": f"{name}.identity.onnx",
            "files": files,
            "rows": rows,
            "parameters": sum(p.numel() for p in net.parameters()),
            "inputs": [
                {"name": n, "dtype": str(x.dtype).removeprefix("torch."), "shape": list(x.shape[1:]), "file": f"{name}.{n}.bin"}
                for n, x in zip(names, inputs)
            ],
            "expected": f"{name}.expected.bin",
        }
    )
made = f"Python {sys.version.split()[0]}, torch {torch.__version__}, float64 answers on {device}"
(folder / "models.json").write_text(json.dumps({"made": made, "models": models}))
