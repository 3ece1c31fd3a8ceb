import { attribute } from "../../../graph/index.ts";
import { activate } from "../convert/activation.ts";
import { axisIn } from "../convert/layout.ts";
import { logisticOf, lookedUp, tanhOf } from "../convert/lookup.ts";
import { operator } from "../convert/operator.ts";
import { pointwise } from "../convert/pointwise.ts";

export const ACTIVATIONS = [
  operator("RELU", (op, build) => pointwise(op, build, (x) => activate(build, x, "RELU"))),
  operator("RELU6", (op, build) => pointwise(op, build, (x) => activate(build, x, "RELU6"))),
  operator("RELU_N1_TO_1", (op, build) => pointwise(op, build, (x) => activate(build, x, "RELU_N1_TO_1"))),
  operator("RELU_0_TO_1", (op, build) =>
    pointwise(op, build, (x) => build.node("Clip", [x, build.scalar(0), build.scalar(1)])),
  ),
  // ONNX Runtime's Sigmoid is 0 below -18, and far from zero before that right to 8 digits after the point, of which an answer of 1e-5
  // has few: what a model answers is worked out step by step, each of them right to its last digits.
  operator("LOGISTIC", (op, build) => {
    const output = op.output(0);
    if (lookedUp(op, build, "logistic", logisticOf)) return;
    const isAnswer = build.isKept(output) && output.type === "FLOAT32";
    pointwise(op, build, (x) =>
      isAnswer
        ? build.node("Reciprocal", [
            build.node("Add", [build.node("Exp", [build.node("Neg", [x])]), build.scalar(1)]),
          ])
        : build.node("Sigmoid", [x]),
    );
  }),
  operator("TANH", (op, build) => {
    if (!lookedUp(op, build, "tanh", tanhOf)) pointwise(op, build, (x) => build.node("Tanh", [x]));
  }),
  operator("ELU", (op, build) => pointwise(op, build, (x) => build.node("Elu", [x]))),
  operator("HARD_SWISH", (op, build) => pointwise(op, build, (x) => build.node("HardSwish", [x]))),
  operator("LEAKY_RELU", (op, build) =>
    pointwise(op, build, (x) => build.node("LeakyRelu", [x], { alpha: attribute.float(op.options.alpha) })),
  ),
  operator("PRELU", (op, build) => pointwise(op, build, (x, slope) => build.node("PRelu", [x, slope]))),
  operator("SOFTMAX", (op, build) => {
    const { beta } = op.options;
    const input = op.input(0);
    const layout = build.layoutOf([input]);
    const x = build.real(input, layout);
    const scaled = beta === 1 ? x : build.node("Mul", [x, build.scalar(beta)]);
    const axis = axisIn(layout, -1, build.rank(input));
    build.setReal(op.output(0), build.node("Softmax", [scaled], { axis: attribute.int(axis) }), layout);
  }),
];
