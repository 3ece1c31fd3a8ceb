"""Any ONNX file as a model of Triton's Python backend: one session.run for all requests of a batch.

Triton hands over the requests that its dynamic batcher has put together. Those with the same
shapes behind the first dimension are joined, run once and cut apart again.
"""

import os
import sys

# The stub starts with PYTHONPATH cleared.
sys.path.insert(0, os.environ["PEERS_SITE_PACKAGES"])

import json

import numpy as np
import onnxruntime as ort
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        options = ort.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("PEERS_THREADS", "1"))
        options.inter_op_num_threads = 1
        path = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.inputs = [i.name for i in self.session.get_inputs()]
        self.outputs = [o.name for o in self.session.get_outputs()]
        self.batches = json.loads(args["model_config"])["max_batch_size"] > 0

    def execute(self, requests):
        answers = [None] * len(requests)
        for members in self.group(requests):
            for index, answer in zip(members, self.run([requests[i] for i in members])):
                answers[index] = answer
        return answers

    def group(self, requests):
        """Indices of requests that can go out together."""
        if not self.batches or len(requests) == 1:
            return [[i] for i in range(len(requests))]
        groups = {}
        for i, request in enumerate(requests):
            key = tuple(tuple(t.shape()[1:]) for t in request.inputs())
            groups.setdefault(key, []).append(i)
        return list(groups.values())

    def run(self, requests):
        feeds = {}
        for name in self.inputs:
            parts = [pb_utils.get_input_tensor_by_name(r, name).as_numpy() for r in requests]
            feeds[name] = from_triton(parts[0] if len(parts) == 1 else np.concatenate(parts))
        try:
            results = self.session.run(self.outputs, feeds)
        except Exception as error:
            failure = pb_utils.TritonError(str(error))
            return [pb_utils.InferenceResponse(error=failure) for _ in requests]
        answers = []
        row = 0
        for request in requests:
            rows = pb_utils.get_input_tensor_by_name(request, self.inputs[0]).shape()[0] if self.batches else None
            wanted = set(request.requested_output_names())
            tensors = []
            for name, value in zip(self.outputs, results):
                if name in wanted:
                    own = value if rows is None else value[row : row + rows]
                    tensors.append(pb_utils.Tensor(name, to_triton(own)))
            answers.append(pb_utils.InferenceResponse(output_tensors=tensors))
            row += rows or 0
        return answers


def from_triton(value):
    if value.dtype != np.object_:
        return value
    return np.array([v.decode("utf-8") for v in value.ravel()], dtype=np.object_).reshape(value.shape)


def to_triton(value):
    if value.dtype != np.object_:
        return np.ascontiguousarray(value)
    return np.array([v.encode("utf-8") for v in value.ravel()], dtype=np.object_).reshape(value.shape)
