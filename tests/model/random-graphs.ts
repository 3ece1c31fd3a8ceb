// Valid ONNX models made at random: a seed makes the same one on every machine. Values are kept within bounds, and how far
// rounding may carry them is tracked, so that answers of graphs that were rewritten can be compared closely.
import { Context, Misfit, type Scope, type Value } from "./random/context.ts";
import { control } from "./random/control.ts";
import { Draw } from "./random/draw.ts";
import { elementwise } from "./random/elementwise.ts";
import { type Element, encodeModel, type PlainInfo, type RandomType } from "./random/encode.ts";
import type { Maker } from "./random/makers.ts";
import { movement } from "./random/movement.ts";
import { neural } from "./random/neural.ts";
import { patterns } from "./random/patterns.ts";
import { reduction } from "./random/reduction.ts";

export interface RandomModel {
  readonly seed: number;
  readonly opset: number;
  readonly nodes: number;
  readonly bytes: Uint8Array;
  /** What is fed; the runtime's words for types. */
  readonly feeds: Readonly<
    Record<
      string,
      { readonly dtype: RandomType; readonly shape: readonly number[]; readonly data: readonly Element[] }
    >
  >;
}

const MAKERS: readonly Maker[] = [
  ...elementwise,
  ...movement,
  ...reduction,
  ...neural,
  ...control,
  ...patterns,
];
const OPSETS = [7, 8, 9, 10, 11, 12, 13, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26];

/** Shapes of inputs: a few, so that values meet others that fit. */
const SHAPES = [[1, 4, 6, 6], [2, 4, 4, 4], [2, 3, 4], [3, 2, 4], [2, 3], [3, 4], [4], [1], [], [6, 1]];

export function randomModel(seed: number): RandomModel {
  const draw = new Draw(seed);
  const opset = draw.one(OPSETS);
  const ir = irOf(draw, opset);
  const c = new Context(draw, opset, ir);
  const feeds: Record<string, RandomModel["feeds"][string]> = Object.create(null);
  for (let i = draw.int(1, 4); i > 0; i--)
    addInput(
      c,
      feeds,
      i === 1 ? "float32" : draw.one(["float32", "float32", "int64", "int32", "bool", "float64"]),
    );
  const wanted = sizeOf(draw);
  const makers = MAKERS.filter(({ since = 7 }) => since <= opset).flatMap((maker) =>
    Array.from({ length: maker.weight ?? 1 }, () => maker),
  );
  for (let tries = 0; c.scope.graph.nodes.length < wanted && tries < wanted * 8; tries++)
    attempt(c, draw.one(makers));
  if (carriedIn(c.scope).length === 0) c.apply("Identity", [c.scope.values[0] as Value]);
  chooseOutputs(c, c.scope);
  const { graph } = c.scope;
  if (ir === 3 || draw.chance(0.1)) listInitializers(c, ir === 3);
  return {
    seed,
    opset,
    nodes: graph.nodes.length,
    bytes: encodeModel({ ir, opset, graph, functions: c.functions }),
    feeds,
  };
}

function attempt(c: Context, maker: Maker): void {
  try {
    maker.make(c);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
  }
}

function irOf(draw: Draw, opset: number): number {
  if (opset >= 15) return opset >= 21 ? 10 : 8;
  if (opset <= 8) return draw.one([3, 4, 7]);
  return draw.one([4, 6, 7, 8]);
}

/** Most are small, and found quickly by a person; some are not. */
function sizeOf(draw: Draw): number {
  const kind = draw.fraction();
  if (kind < 0.5) return draw.int(1, 8);
  if (kind < 0.85) return draw.int(8, 40);
  return kind < 0.97 ? draw.int(40, 120) : draw.int(120, 300);
}

function addInput(c: Context, feeds: Record<string, RandomModel["feeds"][string]>, dtype: RandomType): void {
  const { draw, scope } = c;
  const shape = draw.one(SHAPES);
  const name = c.fresh("x");
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = c.numbers(dtype, size);
  scope.values.push({ name, dtype, shape, most: dtype.startsWith("float") ? 1 : 4, error: 0 });
  scope.graph.inputs.push({ name, dtype, shape: declared(draw, shape, c.opset) });
  feeds[name] = { dtype, shape, data };
}

/** Lengths as a file tells them: numbers, names (one for each length), nothing; or no shape at all. */
function declared(draw: Draw, shape: readonly number[], opset: number): PlainInfo["shape"] {
  const kind = draw.fraction();
  if (kind < 0.05) return null;
  if (kind < 0.6) return [...shape];
  // The runtime's inference of Slice keeps a length's name in opset 10, although the slice is shorter.
  return shape.map((dim) => draw.one([dim, ...(opset === 10 ? [] : [`n${dim}`, `n${dim}`]), null]));
}

/** Values that nodes compute, and whose type and name the runtime's binding carries out. */
function carriedIn({ graph, values }: Scope): Value[] {
  const computed = new Set(graph.nodes.flatMap(({ op, outputs }) => (op === "Constant" ? [] : outputs)));
  return values.filter(
    ({ name, dtype }) => computed.has(name) && dtype !== "float16" && name !== "__proto__",
  );
}

/** Outputs: some values that nobody reads, some that others read too; what is left over is dead. */
function chooseOutputs(c: Context, scope: Scope): void {
  const { draw } = c;
  const { graph } = scope;
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  const carried = carriedIn(scope);
  const ends = carried.filter(({ name }) => !read.has(name));
  const chosen = new Set<Value>(ends.filter(() => draw.chance(0.85)));
  for (const value of draw.some(carried, Math.min(carried.length, draw.int(0, 3)))) chosen.add(value);
  if (chosen.size === 0) chosen.add(carried.at(-1) as Value);
  for (const { name, dtype, shape } of draw.shuffled([...chosen]))
    graph.outputs.push({ name, dtype, shape: draw.chance(0.5) ? null : [...shape] });
}

/** Initializers as inputs: all of them up to IR 3, since then defaults that a caller may replace. */
function listInitializers(c: Context, all: boolean): void {
  const { graph } = c.scope;
  for (const [name, { dtype, shape }] of graph.initializers)
    if (all || c.draw.chance(0.5)) graph.inputs.push({ name, dtype, shape: [...shape] });
}
