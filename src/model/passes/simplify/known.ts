import { isOutput } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { runGraphsOf } from "../../graph/walk.ts";
import type { DType } from "../../tensor/dtype.ts";
import { constantTensor, tensorFromNumbers } from "../../tensor/index.ts";
import type { Pass } from "../pass.ts";
import { isDeterministic } from "./random.ts";
import { graphPass, type Rewrite } from "./rewrite.ts";

/** Shape arithmetic is written in these; contents of other types are not exact, or are nobody's shape. */
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  int64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  bool: [0, 1],
};

/** A computed value whose elements are all known without running anything: a constant in its place. */
function settle(node: Node, value: Value, rewrite: Rewrite): void {
  if (value.uses.length === 0 || isOutput(value)) return;
  const dtype = rewrite.dtypeOf(value);
  const known = rewrite.types.knownOf(value);
  const rank = known && rewrite.shapeOf(value)?.length;
  const range = dtype ? RANGES[dtype] : undefined;
  if (!known || !dtype || !range || rank === undefined || rank === null || rank > 1) return;
  if (rank === 0 && known.length !== 1) return;
  const numbers: number[] = [];
  for (const element of known) {
    if (typeof element !== "number" || !Number.isInteger(element)) return;
    if (element < range[0] || element > range[1]) return;
    numbers.push(element);
  }
  const tensor = tensorFromNumbers(dtype, rank === 0 ? [] : [numbers.length], numbers);
  const constant = rewrite.constant(node.graph, `${value.name}_known`, constantTensor(tensor, node.op));
  rewrite.replace(value, constant);
}

/** Operators that round what is computed to whole steps: where it differs in its last bit, a step may be the next one. */
const STEPS: ReadonlySet<string> = new Set([
  "DynamicQuantizeLinear",
  "QuantizeLinear",
  "com.microsoft.DynamicQuantizeLSTM",
  "com.microsoft.DynamicQuantizeMatMul",
  "com.microsoft.QuantizeLinear",
]);

/**
 * Shape arithmetic that becomes a real number (the root of a length, by which attention is scaled), in models that round to
 * steps. A run may compute it: were it a constant, the runtime would fold the scale into the product beside it, whose last
 * bits and then whole steps come out otherwise than in the model as it was.
 */
function leftToTheRun(rewrite: Rewrite): ReadonlySet<Value> {
  const left = new Set<Value>();
  const waiting: Value[] = [];
  let hasSteps = false;
  for (const { nodes } of runGraphsOf(rewrite.model)) {
    for (const { domain, op, inputs, outputs } of nodes) {
      if (STEPS.has(domain === "" ? op : `${domain}.${op}`)) hasSteps = true;
      const [input] = inputs;
      if (op === "Cast" && input && isReal(rewrite.dtypeOf(outputs[0]))) waiting.push(input);
    }
  }
  if (!hasSteps) return left;
  for (let value = waiting.pop(); value; value = waiting.pop()) {
    if (left.has(value) || !value.producer || !rewrite.types.knownOf(value)) continue;
    left.add(value);
    for (const input of value.producer.inputs) if (input) waiting.push(input);
  }
  return left;
}

function isReal(dtype: DType | null): boolean {
  return dtype === "bfloat16" || (dtype?.startsWith("float") ?? false);
}

const NAME = "known";
const PROMISES = "What shape arithmetic knows is a constant, but for scales of models that are quantised.";

export const known: Pass = {
  name: NAME,
  promises: PROMISES,
  keepsTypes: true,
  run(model, context) {
    let left: ReadonlySet<Value> | null = null;
    return graphPass(NAME, PROMISES, (graph, rewrite) => {
      left ??= leftToTheRun(rewrite);
      for (const node of graph.nodes) {
        if (node.op === "Constant" || !isDeterministic(node)) continue;
        for (const value of node.outputs) if (value && !left.has(value)) settle(node, value, rewrite);
      }
    }).run(model, context);
  },
};
