"""Writes the benchmark's two models, seeded: nothing is downloaded and nothing of it is committed.

usage: python models.py FOLDER

FOLDER/mlp/mlp/1/model.onnx   64 -> 256 -> 10, float32, first dimension dynamic
FOLDER/resnet18/resnet18/1/model.onnx
                              ResNet-18 (18 layers with weights, 11.7 million parameters, batch norm
                              folded into the convolutions as exporters do), [batch, 3, 224, 224]

FOLDER/mlp and FOLDER/resnet18 are models folders of one model each; beside the MLP lies a config.pbtxt
(read by Triton and Modelyard), beside the ResNet a model.yaml (what the input and output mean).
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SEED = 18
CLASSES = 1000


class Builder:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.constants = [], []

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(value.astype(np.float32), name))
        return name

    def node(self, operator, inputs, name, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def dense(self, source, name, inside, outside):
        weight = self.rng.standard_normal((inside, outside)) * np.sqrt(2 / inside)
        bias = self.rng.standard_normal(outside) * 0.01
        parts = [source, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        return self.node("Gemm", parts, name)

    def convolution(self, source, name, inside, outside, kernel, stride, gain=1.0):
        weight = self.rng.standard_normal((outside, inside, kernel, kernel)) * gain * np.sqrt(2 / (inside * kernel * kernel))
        bias = self.rng.standard_normal(outside) * 0.01
        parts = [source, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        pad = kernel // 2
        return self.node("Conv", parts, name, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def model(self, name, inputs, outputs):
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model


def mlp():
    b = Builder(SEED)
    hidden = b.node("Relu", [b.dense("input", "hidden", 64, 256)], "hidden_relu")
    b.nodes[-1].output[0] = hidden
    b.dense(hidden, "output", 256, 10)
    return b.model(
        "mlp",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 64])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 10])],
    )


def resnet18():
    b = Builder(SEED)
    x = b.node("Relu", [b.convolution("input", "stem", 3, 64, 7, 2)], "stem_relu")
    x = b.node("MaxPool", [x], "stem_pool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    inside = 64
    for stage, outside in enumerate([64, 128, 256, 512], 1):
        for block in range(2):
            name = f"layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            y = b.node("Relu", [b.convolution(x, f"{name}.conv1", inside, outside, 3, stride)], f"{name}.relu1")
            # A small gain keeps the sums of the residual path from growing layer by layer.
            y = b.convolution(y, f"{name}.conv2", outside, outside, 3, 1, gain=0.3)
            if stride != 1 or inside != outside:
                x = b.convolution(x, f"{name}.downsample", inside, outside, 1, stride, gain=0.7)
            x = b.node("Relu", [b.node("Add", [y, x], f"{name}.add")], f"{name}.relu2")
            inside = outside
    x = b.node("Flatten", [b.node("GlobalAveragePool", [x], "pool")], "flat", axis=1)
    b.dense(x, "logits", 512, CLASSES)
    return b.model(
        "resnet18",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])],
    )


MLP_CONFIG = """name: "mlp"
max_batch_size: 64
dynamic_batching { }
input [ { name: "input" data_type: TYPE_FP32 dims: [ 64 ] } ]
output [ { name: "output" data_type: TYPE_FP32 dims: [ 10 ] } ]
"""

RESNET_CONTRACT = """name: resnet18
task: image-classification
inputs:
  image:
    tensor: input
    kind: image
    size: [224, 224]
    resize: stretch
    layout: NCHW
    color: RGB
    normalize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], scale: 0.00392156862745098 }
outputs:
  classes:
    tensor: logits
    kind: scores
    activation: softmax
"""


def write(folder, name, model, sidecars):
    version = folder / name / name / "1"
    version.mkdir(parents=True, exist_ok=True)
    onnx.save(model, version / "model.onnx")
    for file, text in sidecars.items():
        (folder / name / name / file).write_text(text)


def main():
    folder = Path(sys.argv[1])
    write(folder, "mlp", mlp(), {"config.pbtxt": MLP_CONFIG})
    write(folder, "resnet18", resnet18(), {"model.yaml": RESNET_CONTRACT})


if __name__ == "__main__":
    main()
