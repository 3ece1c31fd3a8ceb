import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Build } from "../convert/build.ts";
import { KERNELS } from "../convert/kernels.ts";
import { AWAY } from "../convert/multipliers.ts";
import { type Op, type OperatorRow, operator } from "../convert/operator.ts";
import { pointwise } from "../convert/pointwise.ts";
import { isQuantized } from "../convert/quantized.ts";
import type { TfliteTensor } from "../file/model.ts";

function comparison(name: string, node: string, kernels: readonly DType[] = KERNELS.numbers): OperatorRow {
  return operator(name, (op, build) => compared(op, build, (a, b) => build.node(node, [a, b]), kernels));
}

/** Quantised inputs are compared as the numbers that they stand for: their scales may differ. */
function compared(
  op: Op,
  build: Build,
  compare: (a: Value, b: Value) => Value,
  kernels: readonly DType[],
): void {
  const [first, second] = [op.input(0), op.input(1)].map(exponentOf);
  const isCoarse = first !== null && first !== undefined && second !== null && second !== undefined;
  const made = isCoarse
    ? (a: Value, b: Value) => compare(coarse(build, a, first), coarse(build, b, second))
    : compare;
  pointwise(op, build, made, kernels, "bool");
}

/** Scales below that make nothing of what is compared, and more of a factor than a float holds. */
const LEAST_EXPONENT = -100;

/** The power of two that the scale of a tensor of bytes is a half up to one of; null of any other, and of scales from 1 on. */
function exponentOf(tensor: TfliteTensor): number | null {
  if (!isQuantized(tensor) || (tensor.type !== "INT8" && tensor.type !== "UINT8")) return null;
  const [scale = 0, ...more] = tensor.quantization.scale;
  const exponent = Math.floor(Math.log2(scale)) + 1;
  return more.length === 0 && exponent <= 0 && exponent > LEAST_EXPONENT ? exponent : null;
}

/**
 * The kernels bring bytes to 256ths before they compare them, rounded before what is left of the scale, a power of two, and after it
 * (lite/kernels/comparisons.cc, ComparisonQuantized): what is closer than that is equal.
 */
function coarse(build: Build, real: Value, exponent: number): Value {
  const scaled = (value: Value, by: number) =>
    build.node("Round", [build.node("Mul", [value, build.scalar(by)])]);
  return scaled(scaled(real, 2 ** (8 - exponent)), AWAY * 2 ** exponent);
}

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
    compared(op, build, (a, b) => build.node("Not", [build.node("Equal", [a, b])]), KERNELS.equal),
  ),
];
