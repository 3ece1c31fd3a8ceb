import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import type { Layout } from "../convert/layout.ts";
import { type Length, lengthsOf, reshape, scaled } from "../convert/lengths.ts";
import { type Op, operator } from "../convert/operator.ts";
import { isQuantized } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { TensorType } from "../schema/types.ts";

/** Types that ONNX Runtime's SpaceToDepth and DepthToSpace take. */
const DEPTH: ReadonlySet<TensorType> = new Set<TensorType>(["FLOAT32", "FLOAT64", "UINT8", "INT8"]);
/** Types that its Pad takes as they are stored. */
const PADDED: ReadonlySet<TensorType> = new Set<TensorType>([
  ...DEPTH,
  "BOOL",
  "INT32",
  "INT64",
  "UINT32",
  "UINT64",
]);

/** Blocks of block × block elements become channels, or the other way around. */
function depth(op: Op<"SPACE_TO_DEPTH" | "DEPTH_TO_SPACE">, build: Build): void {
  const [input, output] = [op.input(0), op.output(0)];
  const { block_size: block } = op.options;
  if (build.rank(input) !== 4 || block < 1) throw refuse(`its blocks are of ${block}×${block}`);
  if (build.layoutOf([input]) === "first" && DEPTH.has(input.type)) {
    const node = op.name === "SPACE_TO_DEPTH" ? "SpaceToDepth" : "DepthToSpace";
    const y = build.node(node, [build.stored(input, "first")], { blocksize: attribute.int(block) });
    build.setStored(output, y, "first");
    return;
  }
  const [n, h, w, c] = lengthsOf(build, input) as [Length, Length, Length, Length];
  const swapped = (lengths: readonly Length[]) =>
    build.transpose(reshape(build, build.stored(input), lengths), [0, 1, 3, 2, 4, 5]);
  const by = (length: Length, times: number, over = 1) => scaled(build, length, times, over);
  const y =
    op.name === "SPACE_TO_DEPTH"
      ? reshape(build, swapped([n, by(h, 1, block), block, by(w, 1, block), block, c]), [
          n,
          by(h, 1, block),
          by(w, 1, block),
          by(c, block * block),
        ])
      : reshape(build, swapped([n, h, w, block, block, by(c, 1, block * block)]), [
          n,
          by(h, block),
          by(w, block),
          by(c, 1, block * block),
        ]);
  build.setStored(output, y);
}

/** What SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND have in common. */
interface Blocks {
  readonly input: TfliteTensor;
  readonly layout: Layout;
  readonly block: readonly number[];
  /** Before and after each of the axes that have blocks. */
  readonly edges: readonly (readonly [number, number])[];
  /** The first of these axes in the layout, and how many axes stand before and behind them beside the batch. */
  readonly from: number;
  readonly rank: number;
}

async function blocksOf(op: Op, build: Build): Promise<Blocks> {
  const input = op.input(0);
  const rank = build.rank(input);
  const block = await build.numbers(op.input(1), "its list of block lengths");
  const flat = await build.numbers(op.input(2), "what it pads or crops");
  const edges = block.map((_, i) => [flat[2 * i] ?? 0, flat[2 * i + 1] ?? 0] as const);
  const isSound = block.every((each) => each >= 1) && edges.flat().every((each) => each >= 0);
  if (!isSound || block.length >= rank || flat.length !== 2 * block.length)
    throw refuse(`its blocks are ${block.join("×")}, padded or cropped by ${flat.join()}`);
  // Only then do all axes between the batch and the channels have blocks, and stay together in either layout.
  const layout = block.length === rank - 2 ? build.layoutOf([input]) : "last";
  return { input, layout, block, edges, from: layout === "first" ? 2 : 1, rank };
}

const product = (numbers: readonly number[]) => numbers.reduce((all, each) => all * each, 1);
const range = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);

/** Puts zeros around the axes that have blocks. */
function padded(build: Build, { input, layout, edges, from, rank }: Blocks, isStored: boolean): Value {
  const value = isStored ? build.stored(input, layout) : build.real(input, layout);
  if (edges.flat().every((each) => each === 0)) return value;
  const pads = new Array<number>(2 * rank).fill(0);
  for (const [i, [before, after]] of edges.entries()) {
    pads[from + i] = before;
    pads[rank + from + i] = after;
  }
  const isWhole = isStored && isQuantized(input);
  const zero = build.scalar(
    isWhole ? (input.quantization.zeroPoint[0] ?? 0) : 0,
    isStored ? build.dtype(input) : "float32",
  );
  return build.node("Pad", [value, build.ints(pads), zero]);
}

async function spaceToBatch(op: Op, build: Build): Promise<void> {
  const blocks = await blocksOf(op, build);
  const { input, layout, block, edges, from, rank } = blocks;
  const isStored = PADDED.has(input.type) || edges.flat().every((each) => each === 0);
  const lengths = lengthsOf(build, input, layout);
  const count = block.length;
  const cells = block.map((each, i) => {
    const [before, after] = edges[i] as readonly [number, number];
    return scaled(build, scaled(build, lengths[from + i] as Length, 1, 1, before + after), 1, each);
  });
  const [batch, ...before] = lengths.slice(0, from) as [Length, ...Length[]];
  const behind = lengths.slice(from + count);
  const split = cells.flatMap((cell, i) => [cell, block[i] as number]);
  const apart = reshape(build, padded(build, blocks, isStored), [batch, ...before, ...split, ...behind]);
  const moved = build.transpose(apart, [
    ...block.map((_, i) => from + 2 * i + 1),
    ...range(from),
    ...block.map((_, i) => from + 2 * i),
    ...range(rank - from - count, from + 2 * count),
  ]);
  const y = reshape(build, moved, [scaled(build, batch, product(block)), ...before, ...cells, ...behind]);
  if (isStored) build.setStored(op.output(0), y, layout);
  else build.setReal(op.output(0), y, layout);
}

async function batchToSpace(op: Op, build: Build): Promise<void> {
  const { input, layout, block, edges, from, rank } = await blocksOf(op, build);
  const lengths = lengthsOf(build, input, layout);
  const count = block.length;
  const [batch, ...before] = lengths.slice(0, from) as [Length, ...Length[]];
  const cells = lengths.slice(from, from + count);
  const behind = lengths.slice(from + count);
  const rows = scaled(build, batch, 1, product(block));
  const x = build.stored(input, layout);
  const apart = reshape(build, x, [...block, rows, ...before, ...cells, ...behind]);
  const moved = build.transpose(apart, [
    ...range(from, count),
    ...block.flatMap((_, i) => [count + from + i, i]),
    ...range(rank - from - count, 2 * count + from),
  ]);
  const long = cells.map((cell, i) => scaled(build, cell, block[i] as number));
  let y = reshape(build, moved, [rows, ...before, ...long, ...behind]);
  const cropped = range(count).filter((i) => edges[i]?.some((each) => each > 0));
  if (cropped.length > 0) {
    const starts = cropped.map((i) => edges[i]?.[0] ?? 0);
    const ends = cropped.map((i) => -(edges[i]?.[1] ?? 0) || Number.MAX_SAFE_INTEGER);
    const axes = cropped.map((i) => from + i);
    y = build.node("Slice", [y, build.ints(starts), build.ints(ends), build.ints(axes)]);
  }
  build.setStored(op.output(0), y, layout);
}

/** Operators that move blocks of elements between the spatial axes and the channels or the batch. */
export const BLOCKS = [
  operator("SPACE_TO_DEPTH", depth),
  operator("DEPTH_TO_SPACE", depth),
  operator("SPACE_TO_BATCH_ND", spaceToBatch),
  operator("BATCH_TO_SPACE_ND", batchToSpace),
];
