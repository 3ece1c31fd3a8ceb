import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { DTYPES, type DType } from "../../../tensor/dtype.ts";
import type { Build } from "../convert/build.ts";
import { operator } from "../convert/operator.ts";
import { pointwise, realType } from "../convert/pointwise.ts";
import { refuse } from "../convert/refusal.ts";

const BOOL: readonly DType[] = ["bool"];
const WHOLE: readonly DType[] = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"];

/**
 * Bits moved to the right, of a number in 64 bits: the sign comes after them. BitShift knows unsigned numbers only, so that a
 * negative one is turned over before and after. Further than the width of the type is as far as that, backwards is not at all
 * (tensorflow/lite/kernels/right_shift.cc).
 */
function shifted(build: Build, x: Value, by: Value, bits: number): Value {
  const zero = build.scalar(0, "int64");
  const isNegative = build.cast(build.node("Less", [x, zero]), "int64");
  const turn = build.node("Neg", [isNegative]);
  const magnitude = build.cast(build.node("BitwiseXor", [x, turn]), "uint64");
  const steps = build.cast(build.node("Clip", [by, zero, build.scalar(bits - 1, "int64")]), "uint64");
  const moved = build.node("BitShift", [magnitude, steps], { direction: attribute.string("RIGHT") });
  return build.node("BitwiseXor", [build.cast(moved, "int64"), turn]);
}

export const LOGIC = [
  operator("LOGICAL_AND", (op, build) => pointwise(op, build, (a, b) => build.node("And", [a, b]), BOOL)),
  operator("LOGICAL_OR", (op, build) => pointwise(op, build, (a, b) => build.node("Or", [a, b]), BOOL)),
  operator("LOGICAL_NOT", (op, build) => pointwise(op, build, (x) => build.node("Not", [x]), BOOL)),
  operator("BITWISE_XOR", (op, build) =>
    pointwise(op, build, (a, b) => build.node("BitwiseXor", [a, b]), WHOLE),
  ),
  operator("RIGHT_SHIFT", (op, build) => {
    const dtype = realType(build, op.input(0));
    if (!WHOLE.includes(dtype) || dtype === "uint64") throw refuse(`its numbers are ${dtype}`);
    pointwise(op, build, (x, by) => shifted(build, x, by, DTYPES[dtype].bits), ["int64"]);
  }),
];
