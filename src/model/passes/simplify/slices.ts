import { attribute } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";
import { intsAt, normalAxes } from "./elements.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

interface Cut {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps: readonly number[];
}

/** Exact numbers only: an end "at the end" is beyond 2^53 in some files, and is written as the largest exact number then. */
async function cutOf(rewrite: Rewrite, node: Node, rank: number | undefined): Promise<Cut | null> {
  const starts = await boundsAt(rewrite, node, "starts", 1);
  const ends = await boundsAt(rewrite, node, "ends", 2);
  const axes = await intsAt(rewrite, node, "axes", 3);
  const steps = await intsAt(rewrite, node, "steps", 4);
  if (!starts || !ends || axes === null || steps === null || starts.length !== ends.length) return null;
  const normal = normalAxes(axes ?? starts.map((_, axis) => axis), rank);
  if (!normal || normal.length !== starts.length) return null;
  return { starts, ends, axes: normal, steps: steps ?? starts.map(() => 1) };
}

async function boundsAt(rewrite: Rewrite, node: Node, name: string, index: number): Promise<number[] | null> {
  const attribute = node.attributes.get(name);
  const largest = (value: number | bigint) =>
    Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));
  if (attribute?.kind === "ints") return attribute.value.map(largest);
  const tensor = await rewrite.read(node.inputs[index]);
  return tensor && /^int(32|64)$/.test(tensor.dtype)
    ? Array.from(tensor.data as ArrayLike<number | bigint>, largest)
    : null;
}

/** A Slice of a Slice along other axes is one Slice. */
const slice: Rule = async (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  if (before?.op !== "Slice" || rewrite.onlyReader(node.inputs[0]) !== node) return;
  const [source] = before.inputs;
  const rank = rewrite.shapeOf(source)?.length;
  const [first, second] = [await cutOf(rewrite, before, rank), await cutOf(rewrite, node, rank)];
  if (!source || !first || !second || first.axes.some((axis) => second.axes.includes(axis))) return;
  const both = (name: keyof Cut) => [...first[name], ...second[name]];
  const hint = node.outputs[0]?.name ?? "";
  if (rewrite.opset(node.graph) < 10) {
    rewrite.setInput(node, 0, source);
    for (const name of ["starts", "ends", "axes"] as const)
      rewrite.setAttribute(node, name, attribute.ints(both(name)));
    return;
  }
  const inputs = (["starts", "ends", "axes", "steps"] as const).map((name) =>
    rewrite.ints(node.graph, `${hint}_${name}`, both(name)),
  );
  rewrite.setInputs(node, [source, ...inputs]);
};

export const slices = rulesPass("slices", "No Slice reads a Slice along other axes.", { Slice: slice });
