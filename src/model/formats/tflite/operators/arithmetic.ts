import type { Value } from "../../../graph/graph.ts";
import type { Build } from "../convert/build.ts";
import { KERNELS } from "../convert/kernels.ts";
import { type Op, operator } from "../convert/operator.ts";
import { computedType, pointwise } from "../convert/pointwise.ts";
import { standing } from "../convert/quantized.ts";

/** One of the four, and the activation behind it. */
function fused(op: Op<"ADD" | "SUB" | "MUL" | "DIV">, build: Build, name: string): void {
  const { fused_activation_function: activation } = op.options;
  // Of words the kernels take those without a scale as they are; of bytes they do not.
  if (["INT8", "UINT8"].includes(op.input(0).type))
    for (const index of op.inputs.keys()) standing(op.input(index));
  const kernels = activation === "NONE" ? KERNELS.numbers : KERNELS.clipped;
  const dtype = computedType(op, build, kernels);
  pointwise(op, build, (a, b) => build.node(name, [a, b]), kernels, dtype, activation);
}

export const ARITHMETIC = [
  operator("ADD", (op, build) => fused(op, build, "Add")),
  operator("SUB", (op, build) => fused(op, build, "Sub")),
  operator("MUL", (op, build) => fused(op, build, "Mul")),
  operator("DIV", (op, build) => fused(op, build, "Div")),
  operator("ADD_N", (op, build) =>
    pointwise(op, build, (first, ...rest) =>
      rest.reduce((sum: Value, each) => build.node("Add", [sum, each]), first),
    ),
  ),
  operator("MAXIMUM", (op, build) =>
    pointwise(op, build, (a, b) => build.node("Max", [a, b]), KERNELS.ordered),
  ),
  operator("MINIMUM", (op, build) =>
    pointwise(op, build, (a, b) => build.node("Min", [a, b]), KERNELS.ordered),
  ),
  operator("POW", (op, build) => pointwise(op, build, (a, b) => build.node("Pow", [a, b]), KERNELS.summed)),
  operator("SQUARED_DIFFERENCE", (op, build) =>
    pointwise(op, build, (a, b) => {
      const difference = build.node("Sub", [a, b]);
      return build.node("Mul", [difference, difference]);
    }),
  ),
];
