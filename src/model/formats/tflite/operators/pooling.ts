import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { limited, setActivated } from "../convert/activation.ts";
import type { Build } from "../convert/build.ts";
import type { Attributes } from "../convert/emit.ts";
import { isWords, roundedWords } from "../convert/multipliers.ts";
import { type Op, operator } from "../convert/operator.ts";
import { isBytes, sameQuantization } from "../convert/quantized.ts";
import { windowAttributes } from "../convert/window.ts";

type Pool = Op<"AVERAGE_POOL_2D" | "MAX_POOL_2D" | "L2_POOL_2D">;

function windowOf(op: Pool, build: Build): Attributes {
  const { options } = op;
  const dims = build.dims(op.input(0));
  const kernel = [options.filter_height, options.filter_width];
  const window = windowAttributes({
    padding: options.padding,
    sizes: dims?.length === 4 ? dims.slice(1, 3) : [null, null],
    kernel,
    strides: [options.stride_h, options.stride_w],
    dilations: [1, 1],
  });
  return { kernel_shape: attribute.ints(kernel), ...window };
}

/** A pool: what computes it is given the input, channels first, and the attributes of the window. */
function pool(op: Pool, build: Build, compute: (x: Value, window: Attributes) => Value): void {
  const y = compute(build.real(op.input(0), "first"), windowOf(op, build));
  setActivated(build, op.output(0), y, op.options.fused_activation_function, "first");
}

export const POOLING = [
  // What lies around the input does not count, as ONNX has it unless told otherwise.
  operator("AVERAGE_POOL_2D", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const isOfWords = isWords(input) && sameQuantization(input, output);
    if (!isOfWords || op.options.fused_activation_function !== "NONE")
      return pool(op, build, (x, window) => build.node("AveragePool", [x], window));
    const words = build.cast(build.stored(input, "first"), "float32");
    const mean = build.node("AveragePool", [words], windowOf(op, build));
    build.setStored(output, roundedWords(build, mean), "first");
  }),
  operator("MAX_POOL_2D", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const { fused_activation_function } = op.options;
    if (!isBytes(input) || !sameQuantization(input, output))
      return pool(op, build, (x, window) => build.node("MaxPool", [x], window));
    // The largest of the stored numbers stands for the largest of the real ones.
    const y = build.node("MaxPool", [build.stored(input, "first")], windowOf(op, build));
    build.setStored(output, limited(build, output, y, fused_activation_function), "first");
  }),
  // The root of the mean of squares, where ONNX's LpPool has the root of their sum.
  operator("L2_POOL_2D", (op, build) =>
    pool(op, build, (x, window) =>
      build.node("Sqrt", [build.node("AveragePool", [build.node("Mul", [x, x])], window)]),
    ),
  ),
];
