import type { Model, Node, Value } from "../../graph/graph.ts";
import { runGraphsOf } from "../../graph/walk.ts";
import type { PassContext } from "../pass.ts";
import { productWeights } from "./weights.ts";

/**
 * Weights of products that cost most where they are held in few bits, by their names: those of the last eighth of all products, since
 * nothing evens out what is lost at the end; and those that make what attention weighs and adds up (its values), whose error goes on as
 * it is, while that of queries and keys only moves weights. llama.cpp leaves the same more exact (`use_more_bits` and attn_v of its
 * mixtures of 4 bits), and the first eighth, which brings a sentence encoder nothing (all-MiniLM-L6-v2) and costs as much.
 */
export async function sensitiveProducts(model: Model, context: PassContext): Promise<ReadonlySet<string>> {
  const names = await productWeights(model, context);
  const count = Math.floor(names.length / 8);
  const attended = attendedWeights(model);
  return new Set(names.filter((name, i) => i >= names.length - count || attended.has(name)));
}

/** Operators that only hand on what they are given: moved, picked, put together or of another type. */
const MOVERS: ReadonlySet<string> = new Set([
  "Cast",
  "Concat",
  "Dropout",
  "Expand",
  "Flatten",
  "Gather",
  "Identity",
  "Reshape",
  "Slice",
  "Split",
  "Squeeze",
  "Tile",
  "Transpose",
  "Unsqueeze",
  "Where",
]);

const PRODUCTS: ReadonlySet<string> = new Set(["MatMul", "Gemm"]);

/** What weighs one of its two inputs with the other. */
const WEIGHERS: ReadonlySet<string> = new Set(["MatMul", "Einsum"]);

/** Attention as one operator, by domain and name: which input its values are; where it is not given, all three are the first. */
const ATTENTION: ReadonlyMap<string, number> = new Map([
  [":Attention", 2],
  ["com.microsoft:MultiHeadAttention", 2],
  ["com.microsoft:DecoderMaskedMultiHeadAttention", 2],
  ["com.microsoft:GroupQueryAttention", 2],
]);

/** Every value is looked at once in each direction, however many attentions there are. */
function attendedWeights(model: Model): Set<string> {
  const weighed: Value[] = [];
  const shares: Value[] = [];
  for (const graph of runGraphsOf(model)) {
    for (const node of graph.nodes) {
      if (node.domain === "" && node.op === "Softmax") shares.push(...outputsOf(node));
      const at = ATTENTION.get(`${node.domain}:${node.op}`);
      if (at === undefined) continue;
      const value = node.inputs[at] ?? node.inputs[0];
      if (value) weighed.push(value);
    }
  }
  // From each Softmax on to the product that it weighs something with.
  const reached = new Set(shares);
  for (let value = shares.pop(); value; value = shares.pop()) {
    for (const { node, index } of value.uses) {
      if (node.domain !== "") continue;
      if (WEIGHERS.has(node.op) && node.inputs.length === 2) {
        const other = node.inputs[1 - index];
        if (other) weighed.push(other);
      } else if (MOVERS.has(node.op)) visit(outputsOf(node), reached, shares);
    }
  }
  return weightsBehind(weighed);
}

/** Constant weights of the products that values come from. */
function weightsBehind(values: readonly Value[]): Set<string> {
  const found = new Set<string>();
  const reached = new Set(values);
  const waiting = [...reached];
  for (let value = waiting.pop(); value; value = waiting.pop()) {
    const node = value.producer;
    if (node?.domain !== "") continue;
    if (PRODUCTS.has(node.op)) {
      const weight = node.inputs[1];
      if (weight?.constant) found.add(weight.name);
    } else if (MOVERS.has(node.op) || isBiased(node)) visit(node.inputs, reached, waiting);
  }
  return found;
}

/** A sum of two computed tensors is no bias: behind it lies all that came before. */
function isBiased({ op, inputs }: Node): boolean {
  return op === "Add" && inputs.some((input) => input?.constant);
}

function outputsOf({ outputs }: Node): Value[] {
  return outputs.filter((output) => output !== null);
}

function visit(values: readonly (Value | null)[], reached: Set<Value>, waiting: Value[]): void {
  for (const value of values) {
    if (!value || reached.has(value)) continue;
    reached.add(value);
    waiting.push(value);
  }
}
