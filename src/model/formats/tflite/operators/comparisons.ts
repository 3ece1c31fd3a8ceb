import { attribute } from "../../../graph/index.ts";
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
  // How many of the boundaries a number has reached.
  operator("BUCKETIZE", (op, build) => {
    const { boundaries } = op.options;
    const x = build.cast(build.stored(op.input(0)), "float32");
    const reached = build.node("GreaterOrEqual", [
      build.node("Unsqueeze", [x, build.ints([-1])]),
      build.numbersAs("float32", [boundaries.length], boundaries),
    ]);
    const count = build.node("ReduceSum", [build.cast(reached, "int32"), build.ints([-1])], {
      keepdims: attribute.int(0),
    });
    build.setStored(op.output(0), count);
  }),
  operator("NOT_EQUAL", (op, build) =>
    pointwise(op, build, (a, b) => build.node("Not", [build.node("Equal", [a, b])]), KERNELS.equal, "bool"),
  ),
];
