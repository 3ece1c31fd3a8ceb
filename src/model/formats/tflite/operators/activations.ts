import { attribute } from "../../../graph/index.ts";
import { activate } from "../convert/activation.ts";
import { KERNELS } from "../convert/kernels.ts";
import { axisIn } from "../convert/layout.ts";
import { leakyReluOf, logisticOf, lookedUp, tanhOf } from "../convert/lookup.ts";
import { operator } from "../convert/operator.ts";
import { pointwise } from "../convert/pointwise.ts";
import { isQuantized } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import { isOfWords, softmaxOfWords } from "../convert/word-softmax.ts";

export const ACTIVATIONS = [
  operator("RELU", (op, build) => pointwise(op, build, (x) => activate(build, x, "RELU"), KERNELS.real)),
  operator("RELU6", (op, build) => pointwise(op, build, (x) => activate(build, x, "RELU6"), KERNELS.real)),
  operator("RELU_N1_TO_1", (op, build) =>
    pointwise(op, build, (x) => activate(build, x, "RELU_N1_TO_1"), KERNELS.real),
  ),
  operator("RELU_0_TO_1", (op, build) =>
    pointwise(op, build, (x) => build.node("Clip", [x, build.scalar(0), build.scalar(1)]), KERNELS.real),
  ),
  // ONNX Runtime's Sigmoid is 0 below -18, and far from zero before that right to 8 digits after the point, of which an answer of 1e-5
  // has few: what a model answers is worked out step by step, each of them right to its last digits.
  operator("LOGISTIC", (op, build) => {
    const output = op.output(0);
    if (lookedUp(op, build, "logistic", logisticOf)) return;
    const isAnswer = build.context.answers.has(output) && output.type === "FLOAT32";
    pointwise(
      op,
      build,
      (x) =>
        isAnswer
          ? build.node("Reciprocal", [
              build.node("Add", [build.node("Exp", [build.node("Neg", [x])]), build.scalar(1)]),
            ])
          : build.node("Sigmoid", [x]),
      KERNELS.real,
    );
  }),
  operator("TANH", (op, build) => {
    if (!lookedUp(op, build, "tanh", tanhOf))
      pointwise(op, build, (x) => build.node("Tanh", [x]), KERNELS.real);
  }),
  operator("ELU", (op, build) => pointwise(op, build, (x) => build.node("Elu", [x]), KERNELS.real)),
  operator("HARD_SWISH", (op, build) =>
    pointwise(op, build, (x) => build.node("HardSwish", [x]), KERNELS.real),
  ),
  operator("LEAKY_RELU", (op, build) => {
    const { alpha } = op.options;
    if (alpha > 0 && lookedUp(op, build, `leaky_relu_${alpha}`, leakyReluOf(alpha))) return;
    const attributes = { alpha: attribute.float(alpha) };
    pointwise(op, build, (x) => build.node("LeakyRelu", [x], attributes), KERNELS.real);
  }),
  operator("PRELU", (op, build) =>
    pointwise(op, build, (x, slope) => build.node("PRelu", [x, slope]), KERNELS.real),
  ),
  operator("SOFTMAX", (op, build) => {
    const { beta } = op.options;
    const [input, output] = [op.input(0), op.output(0)];
    // The kernel has no exponents for it, and the runtime's is off.
    if (isQuantized(input) && input.quantization.scale.includes(0))
      throw refuse(`its input, ${input.name}, has a scale of 0`);
    const layout = build.layoutOf([input]);
    if (isOfWords(build, input, output)) {
      // The kernel multiplies both in 32 bits.
      const step = Math.fround((input.quantization?.scale[0] ?? 1) * beta);
      const place = axisIn(layout, -1, build.rank(input));
      return build.setStored(output, softmaxOfWords(build, build.stored(input, layout), step, place), layout);
    }
    const x = build.real(input, layout);
    const scaled = beta === 1 ? x : build.node("Mul", [x, build.scalar(beta)]);
    const axis = axisIn(layout, -1, build.rank(input));
    build.setReal(output, build.node("Softmax", [scaled], { axis: attribute.int(axis) }), layout);
  }),
];
