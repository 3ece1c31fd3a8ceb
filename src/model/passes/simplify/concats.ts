import { intOf } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { type Rewrite, type Rule, refersToCaller, rulesPass } from "./rewrite.ts";

/** The Concat along the same axis of which a node makes a part and nothing else; null for any other node. */
function wholeOf(rewrite: Rewrite, node: Node): Node | null {
  const reader = rewrite.onlyReader(node.outputs[0]);
  if (reader?.domain !== "" || reader.op !== "Concat") return null;
  return !refersToCaller(node) && !refersToCaller(reader) && isSameAxis(rewrite, node, reader)
    ? reader
    : null;
}

/**
 * A Concat whose only reader is a Concat along the same axis: its parts are parts of that one. The last of a chain gathers the
 * parts of all at once, so that each part is looked at once.
 */
const concat: Rule = (node, rewrite) => {
  if (wholeOf(rewrite, node)) return;
  const inputs: (Value | null)[] = [];
  const within: Node[] = [];
  // The next input is at the end.
  const waiting = [...node.inputs].reverse();
  while (waiting.length > 0) {
    const input = waiting.pop() ?? null;
    const before = input?.producer;
    const isPart = before?.domain === "" && before.op === "Concat" && before.graph === node.graph;
    if (before && isPart && rewrite.onlyReader(input) && wholeOf(rewrite, before)) {
      within.push(before);
      for (let at = before.inputs.length - 1; at >= 0; at--) waiting.push(before.inputs[at] ?? null);
    } else inputs.push(input);
  }
  if (within.length === 0) return;
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
