#!/bin/sh
# Makes the virtual environment of the Python peers: Triton's binary, FastAPI, onnxruntime, onnx.
# Debian 12: apt-get install -y python3.11-venv libpython3.11 wrk
# usage: setup.sh [folder]     (default /tmp/peers; tell the benchmark with MODELYARD_PEERS)
set -eu
folder="${1:-${MODELYARD_PEERS:-/tmp/peers}}"
here="$(cd "$(dirname "$0")" && pwd)"
# Triton's stub is linked against Debian's libpython3.11; another build of 3.11 does not start.
/usr/bin/python3.11 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
"$folder/bin/python" -c "import onnxruntime; print('onnxruntime', onnxruntime.__version__)"
