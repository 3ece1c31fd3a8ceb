import { intOf } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";
import { isSameShape } from "../../graph/infer/index.ts";
import { channelsOf, scaledTensor } from "./derived.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

interface Scale {
  /** The node that multiplies what the convolution reads, and which of its inputs that is. */
  readonly node: Node;
  readonly at: number;
  /** One for each channel of the input. */
  readonly factors: Float64Array;
}

/** What the input of a convolution was multiplied or divided by, channel by channel; null where it was not. */
async function scaleOf(rewrite: Rewrite, conv: Node, channels: number, rank: number): Promise<Scale | null> {
  const node = rewrite.producer(conv, 0);
  if ((node?.op !== "Mul" && node?.op !== "Div") || rewrite.onlyReader(conv.inputs[0]) !== conv) return null;
  for (const at of node.op === "Mul" ? [0, 1] : [0]) {
    const constant = node.inputs[1 - at];
    if (!rewrite.isConstant(constant) || rewrite.shapeOf(node.inputs[at])?.length !== rank) continue;
    // The constant must not stretch what it multiplies.
    if (!isSameShape(rewrite.shapeOf(node.inputs[at]), rewrite.shapeOf(node.outputs[0]))) continue;
    const { shape } = constant.constant;
    const channel = shape.length - rank + 1;
    if (!shape.every((dim, axis) => dim === 1 || (axis === channel && dim === channels))) continue;
    const elements = await channelsOf(constant.constant, rewrite.context.signal);
    if (!elements?.every((each) => Number.isFinite(each) && each !== 0)) continue;
    const factors =
      elements.length === channels ? elements : new Float64Array(channels).fill(elements[0] ?? 1);
    return { node, at, factors };
  }
  return null;
}

/** A product that a convolution reads, with a factor for each channel: zeros around the picture stay zeros. */
const conv: Rule = async (node, rewrite) => {
  const weight = node.inputs[1];
  if (!rewrite.isConstant(weight) || weight.uses.length > 1 || rewrite.opset(node.graph) < 7) return;
  const { dtype, shape } = weight.constant;
  const [outputs = 0, columns = 0] = shape;
  const group = intOf(node, "group", 1);
  if ((dtype !== "float32" && dtype !== "float64") || shape.length < 3 || outputs % group !== 0) return;
  const scale = await scaleOf(rewrite, node, columns * group, shape.length);
  if (!scale) return;
  const by = {
    length: shape.slice(2).reduce((product, dim) => product * dim, 1),
    // Weights are [out, in / group, …]: the rows of a group read the channels of that group.
    indexOf: (run: number) =>
      Math.floor(Math.floor(run / columns) / (outputs / group)) * columns + (run % columns),
    factors: scale.factors,
    // Each weight is rounded once, as a product or as a quotient.
    divide: scale.node.op === "Div",
  };
  const tensor = scaledTensor(weight.constant, by, `${scale.node.op} folded into ${weight.name}`);
  rewrite.setInput(node, 1, rewrite.constant(node.graph, weight.name, tensor));
  rewrite.setInput(node, 0, scale.node.inputs[scale.at] ?? null);
  rewrite.remove(scale.node);
};

export const linearBefore = rulesPass(
  "linear-before",
  "No convolution reads a product with constants that it could hold in its weights.",
  { Conv: conv },
);
