"""Starts the real Triton server of PyPI's nvidia-pytriton on a folder of ONNX models.

The package has Triton's core, front ends and dynamic batcher, but only the Python backend: every
<models>/<name>/{config.pbtxt,1/model.onnx} is served through triton_model.py. Triton's own ONNX
backend (C++) is not in the package and would be faster.

usage: python triton.py --models FOLDER [--port 18000] [--threads 1] [--work FOLDER]

--port is HTTP, the next two are gRPC and metrics; all on 127.0.0.1. Runs until SIGTERM or SIGINT.
"""

import argparse
import os
import re
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SITE = Path(sysconfig.get_paths()["purelib"])


def backend_folder(work: Path) -> Path:
    """The Python backend with the stub of this Python beside its library, as Triton looks for it."""
    source = SITE / "pytriton" / "tritonserver"
    target = work / "backends" / "python"
    shutil.copytree(source / "backends" / "python", target)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy(source / "python_backend_stubs" / version / "triton_python_backend_stub", target)
    (target / "triton_python_backend_stub").chmod(0o755)
    return target.parent


def repository(models: Path, work: Path) -> Path:
    """The same models and configurations, with the backend replaced by the Python one."""
    target = work / "models"
    for config in sorted(models.glob("*/config.pbtxt")):
        name = config.parent.name
        version = target / name / "1"
        version.mkdir(parents=True)
        text = re.sub(r"(?m)^(platform|backend)\s*:.*$", "", config.read_text())
        (target / name / "config.pbtxt").write_text(text + '\nbackend: "python"\n')
        (version / "model.onnx").symlink_to(config.parent / "1" / "model.onnx")
        shutil.copy(HERE / "triton_model.py", version / "model.py")
    return target


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--port", type=int, default=18000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    work = options.work or Path(tempfile.mkdtemp(prefix="triton-"))
    environment = dict(
        os.environ,
        LD_LIBRARY_PATH=str(SITE / "nvidia_pytriton.libs"),
        PEERS_SITE_PACKAGES=str(SITE),
        PEERS_THREADS=str(options.threads),
    )
    binary = SITE / "pytriton" / "tritonserver" / "bin" / "tritonserver"
    binary.chmod(0o755)
    command = [
        str(binary),
        f"--model-repository={repository(options.models.resolve(), work)}",
        f"--backend-directory={backend_folder(work)}",
        "--http-address=127.0.0.1",
        f"--http-port={options.port}",
        "--grpc-address=127.0.0.1",
        f"--grpc-port={options.port + 1}",
        "--metrics-address=127.0.0.1",
        f"--metrics-port={options.port + 2}",
        "--log-info=false",
    ]
    # In place of this process, so that a signal to it reaches Triton.
    os.execve(str(binary), command, environment)


if __name__ == "__main__":
    main()
