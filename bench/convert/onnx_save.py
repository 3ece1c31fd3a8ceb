"""usage: onnx_save.py <model> <out> [external]        What the same takes with onnx.load and onnx.save."""

import sys

import onnx

path, out, *external = sys.argv[1:]
model = onnx.load(path)
if external:
    onnx.save(model, out, save_as_external_data=True, location=out.rsplit("/", 1)[-1] + ".data")
else:
    onnx.save(model, out)
