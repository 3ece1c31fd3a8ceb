import { nameText } from "../../../model/graph/label.ts";
import { closenessText, percent } from "../closeness.ts";
import type { Comparison, Tolerance } from "./compare.ts";
import type { VerifiedOutput, VerifyFailure } from "./report.ts";

/** One clause of how an output came out. */
export function problemOf(
  output: string,
  { misfit, largest, closeness, beyond, count }: Comparison,
  { norm }: Tolerance,
): string {
  if (misfit !== null) return `output ${nameText(output)}: ${misfit}`;
  if (norm !== undefined && closeness && largest < Infinity)
    return `output ${nameText(output)} is off by ${closenessText(closeness, norm)}, more than the ${percent(norm)} of its precision`;
  const values = count === 1 ? "its value" : `${beyond} of its ${count} values`;
  return `output ${nameText(output)} differs in ${values}, by up to ${Number(largest.toPrecision(3))}`;
}

/** Outputs that are named; the rest is counted. */
const MAX_NAMES = 3;

/** One clause on outputs that agree only where the runtime computes node by node; null where there are none. */
export function unoptimizedText(outputs: readonly VerifiedOutput[]): string | null {
  const found = outputs.filter(({ unoptimized }) => unoptimized);
  if (found.length === 0) return null;
  const names = found.slice(0, MAX_NAMES).map(({ name }) => nameText(name));
  const more = found.length > MAX_NAMES ? ` and ${found.length - MAX_NAMES} outputs more` : "";
  const largest = Number(Math.max(...found.map((output) => output.largest)).toPrecision(2));
  const [are, they] = found.length === 1 ? ["is", "it differs"] : ["are", "they differ"];
  return `${names.join(", ")}${more} ${are} the same only with the runtime's optimisation off; with it, as models are run, ${they} by up to ${largest}, since the runtime rearranges the two graphs in two ways`;
}

/** The sentence that names where two models begin to differ. */
export function firstText(failure: VerifyFailure): string {
  const { first } = failure;
  if (!first) return "No value in between differs when it is looked at.";
  const { node, nodeInResult, comparison, between } = first;
  const nodeText = ({ name, op }: { name: string; op: string }) =>
    name ? `${nameText(op)} ${nameText(name)}` : nameText(op);
  const same = node.op === nodeInResult.op && node.name === nodeInResult.name;
  const renamed = same
    ? ""
    : ` (in the result ${nodeText(nodeInResult)} gives ${nameText(first.valueInResult)})`;
  const apart = comparison.misfit ?? `by up to ${Number(comparison.largest.toPrecision(3))}`;
  const list = (nodes: readonly { name: string; op: string }[]) =>
    nodes.map(nodeText).join(", ") || "nothing";
  const gap =
    between.original.length + between.result.length === 0
      ? ""
      : ` Between what agrees and this the original has ${list(between.original)}, and the result ${list(between.result)}.`;
  return `The first value that differs is ${nameText(first.value)}, which ${nodeText(node)} computes${renamed}: ${apart}.${gap}`;
}
