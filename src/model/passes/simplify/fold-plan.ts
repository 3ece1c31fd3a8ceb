import { isOutput } from "../../graph/edit.ts";
import type { Graph, Node, Value } from "../../graph/graph.ts";
import { schemaOf } from "../../graph/schema/index.ts";
import { subgraphsOf } from "../../graph/walk.ts";
import type { DType } from "../../tensor/dtype.ts";
import { byteLengthOf } from "../../tensor/index.ts";
import { isDeterministic } from "./random.ts";
import type { Rewrite } from "./rewrite.ts";

/** A result may be larger than what it is computed from up to here: masks and tables of positions, not blown-up fills. */
const ALLOWANCE = 64 * 1024;
/** What a node reads and writes, so that evaluating it takes little memory: 64 MB. */
const MAX_NODE_BYTES = 64 * 1024 * 1024;

/** Types that cross the border to the runtime. */
const CARRIED: ReadonlySet<DType> = new Set([
  "float32",
  "float64",
  "float16",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
]);

/** Weights stay quantised: dequantised ones are four times as large, and the runtime has kernels for the pairs. */
const NEVER: ReadonlySet<string> = new Set([
  "Constant",
  "QuantizeLinear",
  "DequantizeLinear",
  "DynamicQuantizeLinear",
]);

/** Operators of the runtime's own domains may pack their constants in its own way. */
export const FOLDED_DOMAINS: ReadonlySet<string> = new Set(["", "ai.onnx.ml"]);

/** What is computed from constants alone. */
export interface FoldPlan {
  readonly nodes: ReadonlySet<Node>;
  /** Bytes of each output of these nodes. */
  readonly bytes: ReadonlyMap<Value, number>;
  /** Outputs that become constants, in execution order. */
  readonly wanted: readonly Value[];
  /** Bytes of what stays computed only since it is so much larger than what it is computed from, by the node. */
  readonly tooLarge: ReadonlyMap<Node, number>;
}

/** @param refused nodes that the runtime did not evaluate before */
export function planFolding(rewrite: Rewrite, refused: WeakSet<Node>): FoldPlan {
  const nodes = new Set<Node>();
  const bytes = new Map<Value, number>();
  const tooLarge = new Map<Node, number>();
  const visit = (graph: Graph) => {
    for (const node of graph.nodes) {
      const sizes = refused.has(node) ? null : foldedSizes(rewrite, node, bytes, tooLarge);
      if (sizes) {
        nodes.add(node);
        for (const [value, size] of sizes) bytes.set(value, size);
      }
      for (const inner of subgraphsOf(node)) visit(inner);
    }
  };
  visit(rewrite.model.graph);
  const wanted = [...bytes.keys()].filter((value) => isWanted(value, nodes));
  const large = new Set(wanted.filter((value) => (bytes.get(value) ?? 0) > ALLOWANCE));
  if (large.size === 0) return { nodes, bytes, wanted, tooLarge };
  const paid = paidFor(rewrite, nodes, bytes, large);
  for (const value of large) {
    const { producer } = value;
    if (producer && !paid.has(value))
      tooLarge.set(producer, (tooLarge.get(producer) ?? 0) + (bytes.get(value) ?? 0));
  }
  return { nodes, bytes, wanted: wanted.filter((value) => !large.has(value) || paid.has(value)), tooLarge };
}

/** Constants below this size are not worth counting; scalars and axes are shared by nodes that have nothing else in common. */
const COUNTED = 1_024;

/**
 * Large results are kept only where they are no more than the constants that nobody reads any longer: a transposed copy of
 * a weight that is read as it is too would make the file larger. Nodes that share constants are looked at together.
 */
function paidFor(
  rewrite: Rewrite,
  nodes: ReadonlySet<Node>,
  bytes: ReadonlyMap<Value, number>,
  large: ReadonlySet<Value>,
): Set<Value> {
  const groups = new Groups<Node>();
  const constants = new Map<Value, Node>();
  for (const node of nodes) {
    for (const input of node.inputs) {
      if (!input) continue;
      if (bytes.has(input) && input.producer) groups.join(node, input.producer);
      if (!rewrite.isConstant(input) || input.constant.byteLength < COUNTED) continue;
      groups.join(node, constants.get(input) ?? node);
      constants.set(input, node);
    }
  }
  const balance = new Map<Node, number>();
  const pay = (node: Node, amount: number) => {
    const group = groups.of(node);
    balance.set(group, (balance.get(group) ?? 0) + amount);
  };
  for (const [constant, node] of constants) {
    const isFreed = !isOutput(constant) && constant.uses.every((use) => nodes.has(use.node));
    if (isFreed) pay(node, constant.constant?.byteLength ?? 0);
  }
  const makers = [...large].flatMap((value) => (value.producer ? [[value, value.producer] as const] : []));
  for (const [value, node] of makers) pay(node, -(bytes.get(value) ?? 0));
  return new Set(
    makers.filter(([, node]) => (balance.get(groups.of(node)) ?? 0) >= 0).map(([value]) => value),
  );
}

/** Things that belong together (union-find). */
class Groups<T> {
  readonly #parents = new Map<T, T>();

  of(thing: T): T {
    let root = thing;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    // Paths are made short, so that long chains are walked once.
    for (let at = thing; at !== root; ) {
      const next = this.#parents.get(at) as T;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }

  join(a: T, b: T): void {
    const [x, y] = [this.of(a), this.of(b)];
    if (x !== y) this.#parents.set(x, y);
  }
}

/** Sizes of the outputs of a node that can be folded; null for one that cannot, or should not. */
function foldedSizes(
  rewrite: Rewrite,
  node: Node,
  folded: ReadonlyMap<Value, number>,
  tooLarge: Map<Node, number>,
): [Value, number][] | null {
  if (!FOLDED_DOMAINS.has(node.domain) || (node.domain === "" && NEVER.has(node.op))) return null;
  if (!isDeterministic(node) || node.inputs.length === 0) return null;
  if (!schemaOf(node.domain, node.op, rewrite.model.opsets.get(node.domain) ?? 0)) return null;
  let read = 0;
  for (const input of new Set(node.inputs)) {
    if (!input) continue;
    const size = rewrite.isConstant(input) ? input.constant.byteLength : folded.get(input);
    if (size === undefined) return null;
    read += size;
  }
  const sizes: [Value, number][] = [];
  let written = 0;
  for (const output of node.outputs) {
    if (!output) continue;
    const size = sizeOf(rewrite, output);
    if (size === null) return null;
    written += size;
    sizes.push([output, size]);
  }
  if (written > Math.max(read, ALLOWANCE)) {
    tooLarge.set(node, written);
    return null;
  }
  if (read + written > MAX_NODE_BYTES) return null;
  return sizes;
}

function sizeOf(rewrite: Rewrite, value: Value): number | null {
  const dtype = rewrite.dtypeOf(value);
  const shape = rewrite.shapeOf(value);
  if (!dtype || !shape || !CARRIED.has(dtype)) return null;
  let count = 1;
  for (const dim of shape) {
    if (typeof dim !== "number") return null;
    count *= dim;
  }
  return byteLengthOf(dtype, count);
}

/** Whether somebody reads a value who is not folded himself, so that it becomes a constant. */
function isWanted(value: Value, within: ReadonlySet<Node>): boolean {
  if (isOutput(value) && value.producer?.op !== "Identity") return true;
  return value.uses.some(({ node }) => !within.has(node));
}
