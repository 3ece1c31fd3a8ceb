import { removeAttribute } from "../../graph/attributes.ts";
import { attribute, intOf, intsOf, stringOf } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";
import { intsAt, intsOfValue, normalAxes, numbersOf } from "./elements.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** What a Pad puts around the spatial axes of an image, and nowhere else. */
interface Border {
  readonly begins: readonly number[];
  readonly ends: readonly number[];
  readonly value: number;
}

async function borderOf(rewrite: Rewrite, pad: Node): Promise<Border | null> {
  if (stringOf(pad, "mode", "constant") !== "constant") return null;
  const own = intsOf(pad, "pads") ?? intsOf(pad, "paddings");
  const pads = own ?? (await intsOfValue(rewrite, pad.inputs[1]));
  const axes = await intsAt(rewrite, pad, "axes", 3);
  const value = await fillOf(rewrite, pad);
  if (!pads || axes === null || value === null || pads.some((each) => each < 0)) return null;
  const half = pads.length / 2;
  const rank = axes ? rewrite.shapeOf(pad.inputs[0])?.length : half;
  if (rank === undefined || rank < 3) return null;
  const at = axes ? normalAxes(axes, rank) : Array.from({ length: half }, (_, axis) => axis);
  if (!at || at.length !== half) return null;
  const begins = new Array<number>(rank).fill(0);
  const ends = new Array<number>(rank).fill(0);
  at.forEach((axis, i) => {
    begins[axis] = pads[i] as number;
    ends[axis] = pads[half + i] as number;
  });
  if ([begins, ends].some(([batch, channel]) => batch !== 0 || channel !== 0)) return null;
  return { begins: begins.slice(2), ends: ends.slice(2), value };
}

/** What is put there; 0 where the node does not say. */
async function fillOf(rewrite: Rewrite, pad: Node): Promise<number | null> {
  const own = pad.attributes.get("value");
  if (own) return own.kind === "float" ? own.value : null;
  if (!pad.inputs[2]) return 0;
  return (await numbersOf(rewrite, pad.inputs[2]))?.[0] ?? null;
}

/** Adds a border to the padding of a node with a kernel. @returns false where its padding is none of fixed numbers */
function widen(rewrite: Rewrite, node: Node, { begins, ends }: Border): boolean {
  const mode = stringOf(node, "auto_pad", "NOTSET");
  if (mode !== "NOTSET" && mode !== "VALID") return false;
  const rank = begins.length;
  const before = mode === "VALID" ? null : intsOf(node, "pads");
  const pads = [...begins, ...ends].map((each, i) => each + (before?.[i] ?? 0));
  if (before && before.length !== 2 * rank) return false;
  if (mode === "VALID") removeAttribute(node, "auto_pad");
  rewrite.setAttribute(node, "pads", attribute.ints(pads));
  return true;
}

/** Zeros around the input of a convolution are what it pads with itself. */
const conv: Rule = async (node, rewrite) => {
  const pad = rewrite.producer(node, 0);
  if (pad?.op !== "Pad") return;
  const border = await borderOf(rewrite, pad);
  if (border?.value === 0 && pad.inputs[0] && widen(rewrite, node, border))
    rewrite.setInput(node, 0, pad.inputs[0]);
};

/**
 * An average counts padded zeros only when it is told to; MaxPool pads with what is smaller than everything. The runtime
 * refuses windows that lie in the padding as a whole, and a rounded-up length counts windows otherwise.
 */
const pool: Rule = async (node, rewrite) => {
  const pad = rewrite.producer(node, 0);
  if (pad?.op !== "Pad" || intOf(node, "ceil_mode", 0) !== 0) return;
  const border = await borderOf(rewrite, pad);
  const kernel = intsOf(node, "kernel_shape");
  const [source] = pad.inputs;
  if (!border || !kernel || !source || node.outputs[1]) return;
  const own = intsOf(node, "pads") ?? [];
  const isAverage = node.op === "AveragePool";
  const counts = intOf(node, "count_include_pad", 0) !== 0;
  if (border.value !== (isAverage ? 0 : Number.NEGATIVE_INFINITY)) return;
  if (isAverage && !counts && own.some((each) => each !== 0)) return;
  const sums = [...border.begins, ...border.ends].map((each, i) => each + (own[i] ?? 0));
  if (sums.some((each, i) => each >= (kernel[i % kernel.length] ?? 0))) return;
  if (isAverage && rewrite.opset(node.graph) < 7) return;
  if (!widen(rewrite, node, border)) return;
  if (isAverage) rewrite.setAttribute(node, "count_include_pad", attribute.int(1));
  rewrite.setInput(node, 0, source);
};

export const pads = rulesPass(
  "pads",
  "No Pad surrounds the input of a convolution or pool that could pad it itself.",
  {
    AveragePool: pool,
    Conv: conv,
    MaxPool: pool,
  },
);
