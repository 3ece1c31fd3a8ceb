import { floatOf, intOf } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";
import { channelsOf } from "./derived.ts";
import { type Affine, fold, linearOf } from "./linear.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** scale · (x − mean) / √(variance + epsilon) + bias, as what it multiplies by and what it adds; null in training. */
async function affineOf(rewrite: Rewrite, node: Node): Promise<Affine | null> {
  const opset = rewrite.opset(node.graph);
  const trains =
    opset >= 14
      ? intOf(node, "training_mode", 0) !== 0
      : node.outputs.length > 1 || (opset < 7 && intOf(node, "is_test", 0) === 0);
  if (trains || (opset < 9 && intOf(node, "spatial", 1) === 0)) return null;
  const vectors: Float64Array[] = [];
  for (const input of node.inputs.slice(1, 5)) {
    if (!rewrite.isConstant(input)) return null;
    const vector = await channelsOf(input.constant, rewrite.context.signal);
    if (!vector) return null;
    vectors.push(vector);
  }
  const [scale, bias, mean, variance] = vectors;
  if (!scale || !bias || !mean || !variance) return null;
  const epsilon = Math.fround(floatOf(node, "epsilon", 1e-5));
  const factor = scale.map((each, i) => each / Math.sqrt((variance[i] ?? Number.NaN) + epsilon));
  const shift = bias.map((each, i) => each - (mean[i] ?? Number.NaN) * (factor[i] ?? Number.NaN));
  return { scale: factor, shift };
}

const batchNormalization: Rule = async (node, rewrite) => {
  const linear = linearOf(rewrite, rewrite.producer(node, 0));
  // Channels are axis 1: of a MatMul of more than two axes that is none of its columns.
  if (linear?.axis !== 1 || linear.bias < 0) return;
  if (rewrite.onlyReader(node.inputs[0]) !== node || node.outputs.slice(1).some((value) => value !== null))
    return;
  const affine = await affineOf(rewrite, node);
  if (affine?.scale?.length !== linear.channels || affine.shift?.length !== linear.channels) return;
  if (!affine.shift.every(Number.isFinite)) return;
  if (await fold(rewrite, linear, affine, "batch normalisation")) {
    node.outputs.length = 1;
    rewrite.takeOver(linear.node, node);
  }
};

export const linearBatchNorm = rulesPass(
  "linear-batch-norm",
  "No BatchNormalization follows a convolution or Gemm that could hold it in its weights.",
  { BatchNormalization: batchNormalization },
);
