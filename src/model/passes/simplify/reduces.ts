import { attribute, intOf } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";
import { intsAt, normalAxes } from "./elements.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

const REDUCES: ReadonlySet<string> = new Set([
  "ReduceL1",
  "ReduceL2",
  "ReduceLogSum",
  "ReduceLogSumExp",
  "ReduceMax",
  "ReduceMean",
  "ReduceMin",
  "ReduceProd",
  "ReduceSum",
  "ReduceSumSquare",
  "ArgMax",
  "ArgMin",
]);

/** The axes that a reduction reduces, from 0 on; null where they are not known, or it may reduce none. */
export async function reducedAxes(
  rewrite: Rewrite,
  node: Node,
  rank: number | undefined,
): Promise<number[] | null> {
  if (node.op.startsWith("Arg")) return normalAxes([intOf(node, "axis", 0)], rank);
  const axes = await intsAt(rewrite, node, "axes", 1);
  if (axes && axes.length > 0) return normalAxes(axes, rank);
  const all = axes === null || intOf(node, "noop_with_empty_axes", 0) !== 0 || rank === undefined;
  return all ? null : Array.from({ length: rank }, (_, axis) => axis);
}

/** Unsqueeze after a reduction that drops its axes, Squeeze after one that keeps them: the other kind of reduction. */
function ruleOf(keepdims: 0 | 1): Rule {
  return async (node, rewrite) => {
    const before = rewrite.producer(node, 0);
    if (!before || !REDUCES.has(before.op) || intOf(before, "keepdims", 1) === keepdims) return;
    if (rewrite.onlyReader(node.inputs[0]) !== node) return;
    const rank = rewrite.shapeOf(before.inputs[0])?.length;
    const reduced = await reducedAxes(rewrite, before, rank);
    const axes = await intsAt(rewrite, node, "axes", 1);
    const changed = axes && normalAxes(axes, rank);
    if (!reduced || !changed || !isSameSet(reduced, changed)) return;
    rewrite.setAttribute(before, "keepdims", attribute.int(keepdims));
    rewrite.takeOver(before, node);
  };
}

function isSameSet(a: readonly number[], b: readonly number[]): boolean {
  const set = new Set(a);
  return set.size === b.length && b.every((each) => set.has(each));
}

export const reduces = rulesPass("reduces", "Reductions keep or drop their axes themselves.", {
  Squeeze: ruleOf(0),
  Unsqueeze: ruleOf(1),
});
