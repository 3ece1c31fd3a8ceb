import { isOutput } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { constantTensor, tensorFromNumbers } from "../../tensor/index.ts";
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

export const known = graphPass("known", "What shape arithmetic knows is a constant.", (graph, rewrite) => {
  for (const node of graph.nodes) {
    if (node.op === "Constant" || !isDeterministic(node)) continue;
    for (const value of node.outputs) if (value) settle(node, value, rewrite);
  }
});
