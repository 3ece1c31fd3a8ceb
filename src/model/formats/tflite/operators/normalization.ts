import { attribute } from "../../../graph/index.ts";
import { setActivated } from "../convert/activation.ts";
import { axisIn } from "../convert/layout.ts";
import { operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";

/** No length is smaller (tensorflow/lite/kernels/l2norm.cc). */
const LEAST_LENGTH = 1e-6;

export const NORMALIZATION = [
  operator("LOG_SOFTMAX", (op, build) => {
    const input = op.input(0);
    const layout = build.layoutOf([input]);
    const axis = axisIn(layout, -1, build.rank(input));
    const y = build.node("LogSoftmax", [build.real(input, layout)], { axis: attribute.int(axis) });
    build.setReal(op.output(0), y, layout);
  }),

  // Vectors along the channels become of length 1.
  operator("L2_NORMALIZATION", (op, build) => {
    const input = op.input(0);
    const layout = build.layoutOf([input]);
    const x = build.real(input, layout);
    const axis = build.ints([axisIn(layout, -1, build.rank(input))]);
    const length = build.node("ReduceL2", [x, axis]);
    const y = build.node("Div", [x, build.node("Max", [length, build.scalar(LEAST_LENGTH)])]);
    setActivated(build, op.output(0), y, op.options.fused_activation_function, layout);
  }),

  // Across the channels; ONNX divides alpha by the number of them, and TFLite has the sum.
  operator("LOCAL_RESPONSE_NORMALIZATION", (op, build) => {
    const input = op.input(0);
    const { radius, bias, alpha, beta } = op.options;
    if (build.rank(input) !== 4) throw refuse(`its input has ${build.rank(input)} axes`);
    if (radius < 0) throw refuse(`its radius is ${radius}`);
    const size = 2 * radius + 1;
    const y = build.node("LRN", [build.real(input, "first")], {
      size: attribute.int(size),
      alpha: attribute.float(alpha * size),
      beta: attribute.float(beta),
      bias: attribute.float(bias),
    });
    build.setReal(op.output(0), y, "first");
  }),
];
