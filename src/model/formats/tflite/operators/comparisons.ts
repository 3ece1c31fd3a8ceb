import type { DType } from "../../../tensor/dtype.ts";
import { KERNELS } from "../convert/kernels.ts";
import { type OperatorRow, operator } from "../convert/operator.ts";
import { pointwise } from "../convert/pointwise.ts";

function comparison(name: string, node: string, kernels: readonly DType[] = KERNELS.numbers): OperatorRow {
  return operator(name, (op, build) =>
    pointwise(op, build, (a, b) => build.node(node, [a, b]), kernels, "bool"),
  );
}

/** Quantised inputs are compared as the numbers that they stand for: their scales may differ. */
export const COMPARISONS = [
  comparison("EQUAL", "Equal", KERNELS.equal),
  comparison("GREATER", "Greater"),
  comparison("GREATER_EQUAL", "GreaterOrEqual"),
  comparison("LESS", "Less"),
  comparison("LESS_EQUAL", "LessOrEqual"),
  operator("NOT_EQUAL", (op, build) =>
    pointwise(op, build, (a, b) => build.node("Not", [build.node("Equal", [a, b])]), KERNELS.equal, "bool"),
  ),
];
