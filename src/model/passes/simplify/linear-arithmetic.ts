import type { Value } from "../../graph/graph.ts";
import { channelsOf } from "./derived.ts";
import { type Affine, fold, type Linear, linearOf } from "./linear.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** What an operator does to y with a constant beside it, by channel; `first`: y is its first input. */
type Meaning = (constant: Float64Array, first: boolean) => Affine | null;

const MEANINGS: Readonly<Record<string, Meaning>> = {
  Add: (constant) => ({ scale: null, shift: constant }),
  Sub: (constant, first) =>
    first
      ? { scale: null, shift: constant.map((each) => -each) }
      : { scale: constant.map(() => -1), shift: constant },
  Mul: (constant) => ({ scale: constant, shift: null }),
  Div: (constant, first) => (first ? { scale: constant, shift: null, divide: true } : null),
};

/** A product without a bias can only be scaled: nothing is added to it, or zeros, which only make a zero of minus zero. */
function heldBy({ bias }: Linear, affine: Affine | null): Affine | null {
  if (bias >= 0 || !affine?.shift) return affine;
  return affine.shift.every((each) => each === 0) ? { ...affine, shift: null } : null;
}

function ruleOf(meaning: Meaning): Rule {
  return async (node, rewrite) => {
    for (const at of [0, 1]) {
      const linear = linearOf(rewrite, rewrite.producer(node, at));
      const constant = node.inputs[1 - at];
      if (!linear || !constant || rewrite.onlyReader(node.inputs[at]) !== node) continue;
      const channels = await byChannel(rewrite, constant, linear);
      const affine = channels && heldBy(linear, meaning(channels, at === 0));
      if (!affine || (affine.divide && channels.some((each) => each === 0))) continue;
      if (await fold(rewrite, linear, affine, node.op)) {
        rewrite.takeOver(linear.node, node);
        return;
      }
    }
  };
}

/** The constant's element for each channel; null where it differs within one, or would stretch the output. */
async function byChannel(rewrite: Rewrite, value: Value, linear: Linear): Promise<Float64Array | null> {
  if (!rewrite.isConstant(value)) return null;
  const { shape } = value.constant;
  const { rank, axis, channels } = linear;
  if (shape.length > rank) return null;
  const offset = rank - shape.length;
  const fits = shape.every((dim, at) => dim === 1 || (at + offset === axis && dim === channels));
  const elements = fits ? await channelsOf(value.constant, rewrite.context.signal) : null;
  if (!elements) return null;
  return elements.length === channels ? elements : new Float64Array(channels).fill(elements[0] ?? Number.NaN);
}

export const linearArithmetic = rulesPass(
  "linear-arithmetic",
  "Nothing is added to, or multiplied by, a convolution or product of matrices that could hold it in its weights.",
  Object.fromEntries(Object.entries(MEANINGS).map(([op, meaning]) => [op, ruleOf(meaning)])),
);
