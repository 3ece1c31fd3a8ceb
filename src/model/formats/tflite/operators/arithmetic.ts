import { operator } from "../convert/operator.ts";
import { pointwise } from "../convert/pointwise.ts";

export const ARITHMETIC = [
  operator("ADD", (op, build) =>
    pointwise(op, build, (a, b) =>
      build.activate(build.node("Add", [a, b]), op.options.fused_activation_function),
    ),
  ),
  operator("SUB", (op, build) =>
    pointwise(op, build, (a, b) =>
      build.activate(build.node("Sub", [a, b]), op.options.fused_activation_function),
    ),
  ),
  operator("MUL", (op, build) =>
    pointwise(op, build, (a, b) =>
      build.activate(build.node("Mul", [a, b]), op.options.fused_activation_function),
    ),
  ),
  operator("DIV", (op, build) =>
    pointwise(op, build, (a, b) =>
      build.activate(build.node("Div", [a, b]), op.options.fused_activation_function),
    ),
  ),
];
