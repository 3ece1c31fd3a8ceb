"""One model through onnxsim or onnxslim with its defaults, read and written. Prints {nodes, seconds, cpu} as JSON.

usage: peer.py onnxsim|onnxslim model.onnx out.onnx
"""
import json
import sys
import time

import onnx

tool, path, out = sys.argv[1:]
module = __import__(tool)
model = onnx.load(path)
start, used = time.perf_counter(), time.process_time()
result = module.simplify(model)[0] if tool == "onnxsim" else module.slim(model)
seconds, cpu = time.perf_counter() - start, time.process_time() - used
onnx.save(result, out)

nodes, waiting = 0, [result.graph]
while waiting:
    for node in waiting.pop().node:
        nodes += 1
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                waiting.append(attribute.g)
            elif attribute.type == onnx.AttributeProto.GRAPHS:
                waiting.extend(attribute.graphs)
print(json.dumps({"nodes": nodes, "seconds": seconds, "cpu": cpu}))
