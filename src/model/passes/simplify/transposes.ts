import { attribute, intsOf } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** Without `perm`, the axes are reversed. Null where the rank is unknown then. */
function permOf(rewrite: Rewrite, node: Node): readonly number[] | null {
  const perm = intsOf(node, "perm");
  if (perm) return perm;
  const rank = rewrite.shapeOf(node.inputs[0])?.length ?? rewrite.shapeOf(node.outputs[0])?.length;
  return rank === undefined ? null : Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
}

/** A transposition of a transposition is one, or none. The first one stays where somebody else reads it. */
const transpose: Rule = (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  if (before?.op !== "Transpose") return;
  const [first, second] = [permOf(rewrite, before), permOf(rewrite, node)];
  if (!first || !second || first.length !== second.length) return;
  const perm = second.map((from) => first[from] ?? Number.NaN);
  if (perm.some(Number.isNaN)) return;
  const [source] = before.inputs;
  if (!source) return;
  if (perm.every((from, to) => from === to) && rewrite.bypass(node, source)) return;
  rewrite.setInput(node, 0, source);
  rewrite.setAttribute(node, "perm", attribute.ints(perm));
};

export const transposes = rulesPass("transposes", "No Transpose reads a Transpose.", {
  Transpose: transpose,
});
