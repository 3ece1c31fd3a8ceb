import { attribute } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { KERNELS } from "../convert/kernels.ts";
import { lookedUp, rsqrtOf, tableOf } from "../convert/lookup.ts";
import { type OperatorRow, operator } from "../convert/operator.ts";
import { pointwise } from "../convert/pointwise.ts";

/** An operator that is one of ONNX's. */
function same(name: string, node: string, kernels: readonly DType[] = KERNELS.real): OperatorRow {
  return operator(name, (op, build) => pointwise(op, build, (x) => build.node(node, [x]), kernels));
}

/** Functions of one number. */
export const ELEMENTWISE = [
  same("ABS", "Abs", KERNELS.numbers),
  same("CEIL", "Ceil"),
  same("COS", "Cos"),
  operator("EXP", (op, build) => {
    if (!lookedUp(op, build, "exp", tableOf(Math.exp)))
      pointwise(op, build, (x) => build.node("Exp", [x]), KERNELS.real);
  }),
  same("FLOOR", "Floor"),
  same("LOG", "Log"),
  same("NEG", "Neg", KERNELS.signed),
  // Halves go to the even neighbour in both.
  same("ROUND", "Round"),
  same("SIGN", "Sign", KERNELS.numbers),
  same("SIN", "Sin"),
  same("SQRT", "Sqrt"),
  operator("RSQRT", (op, build) => {
    if (!lookedUp(op, build, "rsqrt", rsqrtOf))
      pointwise(op, build, (x) => build.node("Reciprocal", [build.node("Sqrt", [x])]), KERNELS.real);
  }),
  operator("SQUARE", (op, build) => pointwise(op, build, (x) => build.node("Mul", [x, x]))),
  operator("GELU", (op, build) => {
    const attributes = op.options.approximate ? { approximate: attribute.string("tanh") } : {};
    pointwise(op, build, (x) => build.node("Gelu", [x], attributes), ["float32"]);
  }),
];
