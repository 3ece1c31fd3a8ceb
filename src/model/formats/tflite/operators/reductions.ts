import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Build } from "../convert/build.ts";
import { computedIn, KERNELS } from "../convert/kernels.ts";
import { axisIn, type Layout } from "../convert/layout.ts";
import { wholeOf } from "../convert/lengths.ts";
import { isWords, meanOfWords } from "../convert/multipliers.ts";
import { type Op, type OperatorRow, operator } from "../convert/operator.ts";
import { realType } from "../convert/pointwise.ts";

type Reduction = "MEAN" | "SUM" | "REDUCE_PROD" | "REDUCE_MAX" | "REDUCE_MIN" | "REDUCE_ANY" | "REDUCE_ALL";

/** Reduces along axes; the ONNX operator takes them as its second input, none meaning that nothing is reduced. */
async function reduce(
  op: Op<Reduction>,
  build: Build,
  name: string,
  kernels: readonly DType[],
): Promise<void> {
  const [input, output] = [op.input(0), op.output(0)];
  const { keep_dims } = op.options;
  const { axes, layout, count } = await alongAxes(op, build);
  const attributes = { keepdims: attribute.int(keep_dims ? 1 : 0), noop_with_empty_axes: attribute.int(1) };
  if (op.name === "MEAN" && isWords(input) && isWords(output) && count !== null) {
    const sum = build.node("ReduceSum", [build.cast(build.stored(input, layout), "int64"), axes], attributes);
    const [[from = 1], [to = 1]] = [input.quantization.scale, output.quantization.scale];
    const mean = meanOfWords(build, sum, count, from / to);
    return build.setStored(output, mean, keep_dims ? layout : "last");
  }
  const real = realType(build, input);
  const dtype = computedIn(real, kernels);
  const x = build.real(input, layout);
  const y = build.node(name, [real === dtype ? x : build.cast(x, dtype), axes], attributes);
  const wanted = realType(build, output);
  build.setReal(output, wanted === dtype ? y : build.cast(y, wanted), keep_dims ? layout : "last");
}

interface Along {
  readonly axes: Value;
  readonly layout: Layout;
  /** Of the elements that become one; null where it is open. */
  readonly count: number | null;
}

/** The axes, and the layout in which reducing needs the least moving. */
async function alongAxes(op: Op<Reduction>, build: Build): Promise<Along> {
  const [input, given] = [op.input(0), op.input(1)];
  if (!build.constantOf(given) && !given.dims?.includes(0)) {
    return { axes: await wholeOf(build, given, "its list of axes"), layout: "last", count: null };
  }
  const rank = build.rank(input);
  // An axis may be named twice.
  const axes = new Set(
    (await build.numbers(given, "its list of axes")).map((axis) => axisIn("last", axis, rank)),
  );
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.has(axis));
  // What is left stands in the same order either way where no axis between the batch and the channels is.
  const isFree = op.options.keep_dims || rest.every((axis) => axis === 0 || axis === rank - 1);
  const layout = isFree ? build.layoutOf([input]) : "last";
  const moved = [...axes].map((axis) => axisIn(layout, axis, rank)).sort((a, b) => a - b);
  const lengths = [...axes].map((axis) => input.dims?.[axis] ?? null);
  const count = lengths.every((length) => length !== null && length > 0)
    ? lengths.reduce<number>((product, length) => product * (length ?? 1), 1)
    : null;
  return { axes: build.ints(moved), layout, count };
}

function reduction(name: Reduction, node: string, kernels: readonly DType[]): OperatorRow {
  return operator(name, (op, build) => reduce(op, build, node, kernels));
}

/** Of 32 bits, the runtime's sum and product stay at the largest number, where those of TFLite overflow. */
const OVERFLOWING: readonly DType[] = [...KERNELS.real, "int64"];

export const REDUCTIONS = [
  reduction("MEAN", "ReduceMean", KERNELS.summed),
  reduction("SUM", "ReduceSum", OVERFLOWING),
  reduction("REDUCE_PROD", "ReduceProd", OVERFLOWING),
  reduction("REDUCE_MAX", "ReduceMax", KERNELS.extreme),
  reduction("REDUCE_MIN", "ReduceMin", KERNELS.extreme),
  reduction("REDUCE_ANY", "ReduceMax", ["bool"]),
  reduction("REDUCE_ALL", "ReduceMin", ["bool"]),
];
