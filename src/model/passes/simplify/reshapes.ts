import { removeAttribute } from "../../graph/attributes.ts";
import { intOf } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { type Extent, isSame, isSameShape } from "../../graph/infer/index.ts";
import { intsOfValue } from "./elements.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** Operators that give the same elements, in the same order, another shape. */
const VIEWS: ReadonlySet<string> = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze"]);

/** Chains are a few views long, and most are short already when their end is looked at. */
const MAX_CHAIN = 32;

/** The value that a chain of views begins with. */
function sourceOf(rewrite: Rewrite, node: Node): Value | null {
  let source: Value | null = null;
  let before = rewrite.producer(node, 0);
  for (let length = 0; before && VIEWS.has(before.op) && length < MAX_CHAIN; length++) {
    source = before.inputs[0] ?? null;
    before = rewrite.producer(before, 0);
  }
  return source;
}

/**
 * A shape for Reshape that gives these lengths, from a value with those: at most one length that no number tells, which is
 * -1 (where no other is 0), or any number of them that are copied from the same place (0).
 * @returns null where there is none
 */
export function shapeFor(to: readonly Extent[], from: readonly Extent[] | null): number[] | null {
  // A length of 0 cannot be written beside copied ones, nor beside one that is left to be worked out.
  const isFixed = to.every((dim) => typeof dim === "number");
  if (isFixed) return to.includes(0) ? null : [...(to as number[])];
  if (to.includes(0)) return null;
  const unknown = to.filter((dim) => typeof dim !== "number");
  if (unknown.length === 1) return to.map((dim) => (typeof dim === "number" ? dim : -1));
  // -1 beside a copied length that may be 0 could not be worked out: all of them are copied, or none.
  if (!to.every((dim, axis) => typeof dim === "number" || isSame(dim, from?.[axis]))) return null;
  return to.map((dim) => (typeof dim === "number" ? dim : 0));
}

const reshape: Rule = async (node, rewrite) => {
  const source = sourceOf(rewrite, node);
  if (!source || rewrite.opset(node.graph) < 5) return;
  const shape = await intsOfValue(rewrite, node.inputs[1]);
  if (shape && (intOf(node, "allowzero", 0) !== 0 || !shape.includes(0))) {
    rewrite.setInput(node, 0, source);
    return;
  }
  replaceChain(rewrite, node, source);
};

const otherView: Rule = (node, rewrite) => {
  const source = sourceOf(rewrite, node);
  if (source && rewrite.opset(node.graph) >= 5) replaceChain(rewrite, node, source);
};

/** One Reshape in place of the chain, or nothing where it ends with the shape that it began with. */
function replaceChain(rewrite: Rewrite, node: Node, source: Value): void {
  const [input, output] = [node.inputs[0], node.outputs[0]];
  const [from, to] = [rewrite.shapeOf(source), rewrite.shapeOf(output)];
  if (!input || !output || !to) return;
  if (isSameShape(from, to) && rewrite.bypass(node, source)) return;
  // Only where the nodes before go: a Flatten is easier to read than a Reshape.
  if (rewrite.onlyReader(input) !== node) return;
  const shape = shapeFor(to, from);
  if (!shape) return;
  toReshape(rewrite, node, source, shape);
}

/** Makes a view a Reshape to a constant shape. */
export function toReshape(rewrite: Rewrite, node: Node, source: Value, shape: readonly number[]): void {
  node.op = "Reshape";
  for (const name of ["axis", "axes", "allowzero"]) removeAttribute(node, name);
  rewrite.setInputs(node, [source, rewrite.ints(node.graph, `${node.outputs[0]?.name ?? ""}_shape`, shape)]);
}

export const reshapes = rulesPass(
  "reshapes",
  "No Reshape, Flatten, Squeeze or Unsqueeze reads one of them.",
  {
    Reshape: reshape,
    Flatten: otherView,
    Squeeze: otherView,
    Unsqueeze: otherView,
  },
);
