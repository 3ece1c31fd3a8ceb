import { intOf } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** Inputs of the longest Concat: hostile files would have them doubled with every node. */
const MAX_INPUTS = 4_096;

/** A Concat whose only reader is a Concat along the same axis: its parts are parts of that one. */
const concat: Rule = (node, rewrite) => {
  const inputs: (Value | null)[] = [];
  const within: Node[] = [];
  for (const [at, input] of node.inputs.entries()) {
    const before = rewrite.producer(node, at);
    if (before?.op === "Concat" && rewrite.onlyReader(input) === node && isSameAxis(rewrite, before, node)) {
      inputs.push(...before.inputs);
      within.push(before);
    } else inputs.push(input);
  }
  if (within.length === 0 || inputs.length > MAX_INPUTS) return;
  rewrite.setInputs(node, inputs);
  for (const before of within) rewrite.remove(before);
};

function isSameAxis(rewrite: Rewrite, a: Node, b: Node): boolean {
  const [x, y] = [intOf(a, "axis", 1), intOf(b, "axis", 1)];
  if (x === y) return true;
  const rank = rewrite.shapeOf(b.outputs[0])?.length ?? rewrite.shapeOf(a.outputs[0])?.length;
  return rank !== undefined && (x - y) % rank === 0;
}

export const concats = rulesPass(
  "concats",
  "No Concat only makes a part of another one along the same axis.",
  {
    Concat: concat,
  },
);
