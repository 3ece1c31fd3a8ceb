import { intOf, isOutput } from "../../graph/edit.ts";
import type { Model, Node, Value } from "../../graph/graph.ts";
import { graphsWithin, runGraphsOf } from "../../graph/walk.ts";
import { reshaped } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Pass, PassContext } from "../pass.ts";
import { Rewrite } from "../simplify/rewrite.ts";
import { workOutTypes } from "../types.ts";
import { ahead } from "./ahead.ts";
import type { WeightScheme } from "./blocks.ts";
import { largestOf } from "./magnitude.ts";
import { DOMAIN, gather, multiply, type Parts } from "./nodes.ts";
import { type Matrix, packMatrix, type Workplace } from "./packed.ts";
import { COMPUTED, MIN_ELEMENTS, productOf, type Reason } from "./products.ts";
import { nodeText, type QuantizeReport, Tally } from "./report.ts";
import { takesShifts } from "./shifts.ts";

/** A pass, and what it did once it has run. */
export interface QuantizePass extends Pass {
  report(): QuantizeReport;
}

/** What reads a weight: a product of matrices, or a Gather of rows. */
export type Kind = "product" | "table";

const HELD: Readonly<Record<Kind, string>> = {
  product: "weights of products",
  table: "tables of embeddings",
};

/** A node that may read a quantised weight in place of its own. */
interface Reader {
  readonly node: Node;
  readonly kind: Kind;
  readonly matrix: Matrix;
}

export const IN_FUNCTION = "it stands in a function, which holds no weights";

/** Weights that are read while another one is: looking at them takes less than reading does. */
const AHEAD = 1;

/** GatherBlockQuantized takes blocks of a power of two from 16 on. */
const TABLE_BLOCKS = [32, 16];

export interface WeightOptions {
  /** @default both */
  readonly kinds?: readonly Kind[];
  /** Which weights, by name; of the others nothing is said. @default all */
  readonly only?: (name: string) => boolean;
}

/**
 * Weights of products and tables of embeddings in blocks of few bits, each with a scale (MatMulNBits and GatherBlockQuantized
 * of com.microsoft). What is computed stays float32. Weights are read once to see that every element is a finite number, and
 * again when the result is written.
 */
export function quantizeWeights(
  precision: string,
  scheme: WeightScheme,
  { kinds = ["product", "table"], only = () => true }: WeightOptions = {},
): QuantizePass {
  const tally = new Tally();
  return {
    name: "quantize-weights",
    promises: `The ${kinds.map((kind) => HELD[kind]).join(" and the ")} are held in ${scheme.bits} bits, in blocks of ${scheme.size} with a scale each.`,
    run: (model, context) => run(model, context, scheme, { kinds, only }, tally),
    report: () => tally.report(precision),
  };
}

async function run(
  model: Model,
  context: PassContext,
  scheme: WeightScheme,
  { kinds, only }: Required<WeightOptions>,
  tally: Tally,
) {
  const types = await (context.types?.(model) ?? workOutTypes(model));
  const rewrite = new Rewrite(model, types, context);
  const workplace: Workplace = { held: null };
  const found = readersOf(model, rewrite, { kinds, only }, tally);
  const looked = ahead(found, AHEAD, async ([weight, readers]) => {
    context.signal?.throwIfAborted();
    return otherReader(weight, readers) ?? (await valueReason(weight.constant, context));
  });
  for await (const [[weight, readers], reason] of looked) {
    context.signal?.throwIfAborted();
    if (reason === null) replace(weight, readers, rewrite, scheme, workplace, tally);
    else for (const { node } of readers) tally.left(reason, nodeText(node));
  }
  if (rewrite.modified && !model.opsets.has(DOMAIN)) model.opsets.set(DOMAIN, 1);
  rewrite.commit();
  return { model, modified: rewrite.modified };
}

/** Names of the weights of products that would be quantised if all their elements are finite, in the order of the nodes. */
export async function productWeights(model: Model, context: PassContext): Promise<readonly string[]> {
  const types = await (context.types?.(model) ?? workOutTypes(model));
  const which = { kinds: ["product"] as const, only: () => true };
  const found = readersOf(model, new Rewrite(model, types, context), which, new Tally());
  return [...found].filter((each) => otherReader(...each) === null).map(([{ name }]) => name);
}

type Weight = Value & { constant: LazyTensor };

/** Weights that could be quantised by what reads them. */
function readersOf(
  model: Model,
  rewrite: Rewrite,
  { kinds, only }: Required<WeightOptions>,
  tally: Tally,
): Map<Weight, Reader[]> {
  const found = new Map<Weight, Reader[]>();
  const inMain = new Set(graphsWithin(model.graph));
  for (const graph of runGraphsOf(model)) {
    for (const node of graph.nodes) {
      const look = node.domain === "" ? LOOKS.get(node.op) : undefined;
      if (!look || !kinds.includes(look.kind)) continue;
      const seen = look.look(node, rewrite);
      if (seen === undefined || seen === COMPUTED) continue;
      const at = look.kind === "product" ? 1 : 0;
      if (!only(node.inputs[at]?.name ?? "")) continue;
      if (typeof seen === "string" || !inMain.has(graph)) {
        const reason = typeof seen === "string" ? seen : IN_FUNCTION;
        tally.left(reason, nodeText(node));
        continue;
      }
      const weight = node.inputs[at] as Weight;
      const readers = found.get(weight);
      if (readers) readers.push(seen);
      else found.set(weight, [seen]);
    }
  }
  return found;
}

type Look = (node: Node, rewrite: Rewrite) => Reader | Reason | undefined;

const product: Look = (node, rewrite) => {
  const found = productOf(node, rewrite);
  return typeof found === "string" ? found : { node, kind: "product", matrix: found.matrix };
};

/** Rows of a constant table; what gathers numbers of other types, such as shapes, is none of our business. */
const table: Look = (node, rewrite) => {
  const [data] = node.inputs;
  if (data?.constant?.dtype !== "float32" || data.constant.shape.length !== 2) return undefined;
  const [rows, length] = data.constant.shape as readonly number[] as [number, number];
  if (!rewrite.isConstant(data)) return "a caller may replace its table";
  if (isOutput(data)) return "its table is an output of the model";
  const axis = intOf(node, "axis", 0);
  if (axis !== 0 && axis !== -2) return "it gathers columns";
  if (rows * length < MIN_ELEMENTS) return `its table has fewer than ${MIN_ELEMENTS} elements`;
  if (tableBlock(length) === null) return "the rows of its table are no multiple of 16 elements";
  return { node, kind: "table", matrix: { content: data.constant, k: length, n: rows, isTransposed: true } };
};

const LOOKS: ReadonlyMap<string, { readonly kind: Kind; readonly look: Look }> = new Map([
  ["MatMul", { kind: "product", look: product }],
  ["Gemm", { kind: "product", look: product }],
  ["Gather", { kind: "table", look: table }],
]);

/** GatherBlockQuantized takes no zero points that are floats. */
function fitOf(kind: Kind, { fit = "range" }: WeightScheme): NonNullable<WeightScheme["fit"]> {
  return kind === "table" && fit === "half-quadratic" ? "error" : fit;
}

function tableBlock(length: number): number | null {
  return TABLE_BLOCKS.find((size) => length % size === 0) ?? null;
}

/** Where the original has to stay, what is held in fewer bits comes on top of it. */
export function otherReader(weight: Value, readers: readonly { readonly node: Node }[]): Reason | null {
  if (weight.uses.length === readers.length) return null;
  const nodes = new Set(readers.map(({ node }) => node));
  const other = weight.uses.find(({ node }) => !nodes.has(node));
  return `its weights are read by ${other?.node.op ?? "something else"} too`;
}

async function valueReason(content: LazyTensor, { signal }: PassContext): Promise<Reason | null> {
  return (await largestOf(content, signal)) === Infinity ? "its weights are not all finite numbers" : null;
}

/** A weight in the ways in which its readers want it. */
function replace(
  weight: Weight,
  readers: readonly Reader[],
  rewrite: Rewrite,
  scheme: WeightScheme,
  workplace: Workplace,
  tally: Tally,
): void {
  const { constant: content, name } = weight;
  const operators = [...new Set(readers.map(({ node }) => node.op))];
  const made = new Map<string, Parts>();
  let after = 0;
  for (const { node, kind, matrix } of readers) {
    const size = kind === "table" ? (tableBlock(matrix.k) as number) : scheme.size;
    const isShifted = kind === "product" && takesShifts(node, matrix, scheme, rewrite);
    const way = `${kind} ${matrix.isTransposed} ${isShifted}`;
    let parts = made.get(way);
    if (!parts) {
      const packed = packMatrix(matrix, { ...scheme, size, fit: fitOf(kind, scheme) }, workplace);
      const codes =
        kind === "table" ? reshaped(packed.codes, [matrix.n, (matrix.k * scheme.bits) / 8]) : packed.codes;
      const add = (hint: string, tensor: LazyTensor) => {
        after += tensor.byteLength;
        return rewrite.constant(weight.graph, `${name}_${hint}`, tensor);
      };
      parts = {
        codes: add(`Q${scheme.bits}`, codes),
        scales: add("scales", packed.scales),
        zeros: packed.zeros && !isShifted ? add("zero_points", packed.zeros) : null,
        shifts: packed.shifts && isShifted ? add("shifts", packed.shifts) : null,
      };
      made.set(way, parts);
    }
    if (kind === "table") gather(node, parts, size, scheme, rewrite);
    else multiply(node, parts, matrix, scheme, rewrite);
  }
  weight.graph.values.delete(name);
  const { shape, byteLength: before } = content;
  tally.quantized({ name, shape, operators, bits: scheme.bits, before, after });
}
