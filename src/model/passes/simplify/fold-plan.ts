import { isOutput } from "../../graph/edit.ts";
import type { Graph, Node, Value } from "../../graph/graph.ts";
import { schemaOf } from "../../graph/schema/index.ts";
import { subgraphsOf } from "../../graph/walk.ts";
import type { DType } from "../../tensor/dtype.ts";
import { byteLengthOf } from "../../tensor/index.ts";
import { isDeterministic } from "./random.ts";
import type { Rewrite } from "./rewrite.ts";

/** An output may be larger than what it is computed from up to here: masks and tables of positions, not blown-up fills. */
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

/** Nodes that depend on constants alone, in execution order, and the bytes that each of their outputs has. */
export interface FoldPlan {
  readonly nodes: readonly Node[];
  readonly bytes: ReadonlyMap<Value, number>;
}

/** @param refused nodes that the runtime did not evaluate before */
export function planFolding(rewrite: Rewrite, refused: WeakSet<Node>): FoldPlan {
  const nodes: Node[] = [];
  const bytes = new Map<Value, number>();
  const visit = (graph: Graph) => {
    for (const node of graph.nodes) {
      const sizes = refused.has(node) ? null : foldedSizes(rewrite, node, bytes);
      if (sizes) {
        nodes.push(node);
        for (const [value, size] of sizes) bytes.set(value, size);
      }
      for (const inner of subgraphsOf(node)) visit(inner);
    }
  };
  visit(rewrite.model.graph);
  return { nodes, bytes };
}

/** Sizes of the outputs of a node that can be folded; null for one that cannot, or should not. */
function foldedSizes(
  rewrite: Rewrite,
  node: Node,
  folded: ReadonlyMap<Value, number>,
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
  if (written > Math.max(read, ALLOWANCE) || read + written > MAX_NODE_BYTES) return null;
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
export function isWanted(value: Value, within: ReadonlySet<Node>): boolean {
  if (isOutput(value) && value.producer?.op !== "Identity") return true;
  return value.uses.some(({ node }) => !within.has(node));
}
