import type { Node } from "../../graph/graph.ts";
import { type Rule, rulesPass } from "./rewrite.ts";

/** Operators after which another one of the set changes nothing more. */
const SETTLED: readonly (readonly [ops: readonly string[], after: readonly string[]])[] = [
  [["Relu"], ["Relu"]],
  [["Abs"], ["Abs"]],
  [["Sign"], ["Sign"]],
  [
    ["Floor", "Ceil", "Round"],
    ["Floor", "Ceil", "Round", "Sign"],
  ],
];

/** Operators that undo themselves. */
const UNDONE = ["Not", "Neg", "BitwiseNot"];

const sameAgain: Rule = (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  if (!before) return;
  if (SETTLED.some(([ops, after]) => ops.includes(node.op) && after.includes(before.op)))
    rewrite.bypass(node, node.inputs[0]);
};

const undone: Rule = (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  if (before?.op === node.op) rewrite.bypass(node, before.inputs[0]);
};

/** The same bounds twice. */
const clip: Rule = (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  if (before?.op === "Clip" && sameBounds(before, node)) rewrite.bypass(node, node.inputs[0]);
};

function sameBounds(a: Node, b: Node): boolean {
  for (const name of ["min", "max"]) {
    const [x, y] = [a.attributes.get(name), b.attributes.get(name)];
    if (x?.kind !== y?.kind || (x?.kind === "float" && y?.kind === "float" && x.value !== y.value))
      return false;
  }
  return [1, 2].every((at) => (a.inputs[at] ?? null) === (b.inputs[at] ?? null));
}

export const idempotent = rulesPass(
  "idempotent",
  "Nothing is done twice that is done once, or done and undone.",
  {
    ...Object.fromEntries(SETTLED.flatMap(([ops]) => ops.map((op) => [op, sameAgain]))),
    ...Object.fromEntries(UNDONE.map((op) => [op, undone])),
    Clip: clip,
  },
);
