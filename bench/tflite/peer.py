"""TFLite models to ONNX by tf2onnx. Prints a line of JSON for each: {ms, cpu} or {error}.

usage: peer.py model.tflite out.onnx [model.tflite out.onnx ...]
"""
import json
import logging
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import tf2onnx  # noqa: E402

logging.disable(logging.CRITICAL)
# The newest that it writes.
OPSET = 18

paths = sys.argv[1:]
for path, out in zip(paths[::2], paths[1::2]):
    start, used = time.perf_counter(), time.process_time()
    try:
        tf2onnx.convert.from_tflite(path, opset=OPSET, output_path=out)
        told = {
            "ms": (time.perf_counter() - start) * 1e3,
            "cpu": (time.process_time() - used) * 1e3,
        }
    except Exception as error:
        told = {"error": (str(error).strip().splitlines() or [type(error).__name__])[0]}
    print(json.dumps(told), flush=True)
