import { attribute, isOutput } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { intsAt, normalAxes } from "./elements.ts";
import { type Rewrite, type Rule, refersToCaller, rulesPass } from "./rewrite.ts";

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

/** Readers of one Slice that are all looked at, for each of them. */
const MOST_READERS = 8;

/** Whether all that read a Slice are Slices along other axes, each of which can be one with it, so that it is read no more. */
async function isOneWithAll(
  rewrite: Rewrite,
  value: Value,
  first: Cut,
  rank: number | undefined,
): Promise<boolean> {
  if (isOutput(value) || value.uses.length > MOST_READERS) return false;
  for (const { node } of value.uses) {
    if (node.op !== "Slice" || node.domain !== "" || node.graph !== value.graph || refersToCaller(node))
      return false;
    // What is read as a bound too is no use of the first input alone.
    if (node.inputs[0] !== value || node.inputs.indexOf(value, 1) >= 0) return false;
    const cut = await cutOf(rewrite, node, rank);
    if (!cut || first.axes.some((axis) => cut.axes.includes(axis))) return false;
  }
  return true;
}

/** A Slice of a Slice along other axes is one Slice. */
const slice: Rule = async (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  const [source, between] = [before?.inputs[0], node.inputs[0]];
  if (before?.op !== "Slice" || !source || !between) return;
  const rank = rewrite.shapeOf(source)?.length;
  const first = await cutOf(rewrite, before, rank);
  if (!first || !(await isOneWithAll(rewrite, between, first, rank))) return;
  const second = await cutOf(rewrite, node, rank);
  if (!second) return;
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

export const slices = rulesPass(
  "slices",
  "No Slice reads a Slice along other axes that nothing else needs.",
  { Slice: slice },
);
