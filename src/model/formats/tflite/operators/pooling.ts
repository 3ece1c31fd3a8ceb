import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import type { Attributes } from "../convert/emit.ts";
import { type Op, operator } from "../convert/operator.ts";
import { windowAttributes } from "../convert/window.ts";

/** A pool: what computes it is given the input, channels first, and the attributes of the window. */
function pool(
  op: Op<"AVERAGE_POOL_2D" | "MAX_POOL_2D" | "L2_POOL_2D">,
  build: Build,
  compute: (x: Value, window: Attributes) => Value,
): void {
  const { options } = op;
  const input = op.input(0);
  const dims = build.dims(input);
  const kernel = [options.filter_height, options.filter_width];
  const window = windowAttributes({
    padding: options.padding,
    sizes: dims?.length === 4 ? dims.slice(1, 3) : [null, null],
    kernel,
    strides: [options.stride_h, options.stride_w],
    dilations: [1, 1],
  });
  const y = compute(build.real(input, "first"), { kernel_shape: attribute.ints(kernel), ...window });
  build.setReal(op.output(0), build.activate(y, options.fused_activation_function), "first");
}

export const POOLING = [
  // What lies around the input does not count, as ONNX has it unless told otherwise.
  operator("AVERAGE_POOL_2D", (op, build) =>
    pool(op, build, (x, window) => build.node("AveragePool", [x], window)),
  ),
  operator("MAX_POOL_2D", (op, build) => pool(op, build, (x, window) => build.node("MaxPool", [x], window))),
  // The root of the mean of squares, where ONNX's LpPool has the root of their sum.
  operator("L2_POOL_2D", (op, build) =>
    pool(op, build, (x, window) =>
      build.node("Sqrt", [build.node("AveragePool", [build.node("Mul", [x, x])], window)]),
    ),
  ),
];
