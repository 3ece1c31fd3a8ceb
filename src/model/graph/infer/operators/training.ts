import { type Application, type Family, type Rule, shapeOf, stringAttribute } from "../rule.ts";

/** scores [N, C, …], labels [N, …]: one loss for each label, or for all together. */
function lossShape(at: Application) {
  if (stringAttribute(at, "reduction", "mean") !== "none") return [];
  const labels = shapeOf(at, 1);
  if (labels) return labels;
  return shapeOf(at, 0)?.filter((_, axis) => axis !== 1) ?? null;
}

export const LOSSES: Family = {
  domain: "",
  rules: {
    NegativeLogLikelihoodLoss: (at) => [{ shape: lossShape(at) }],
    SoftmaxCrossEntropyLoss: (at) => [{ shape: lossShape(at) }, { shape: shapeOf(at, 0) }],
  },
};

/**
 * The rate and the step, then any number of tensors, each with its gradient and states: the inputs are all first ones, all
 * second ones …; the outputs are the tensors and the states after the step.
 * @param kinds how many of each tensor go in: itself, its gradient, states
 */
const optimizer =
  (kinds: number): Rule =>
  (at) => {
    const tensors = Math.floor((at.inputs.length - 2) / kinds);
    return at.node.outputs.map((_, i) => {
      // Gradients have no outputs.
      const input = i < tensors ? i : i + tensors;
      return at.inputs[2 + input]?.type ?? null;
    });
  };

/** A gradient for each input that the attribute xs names, which come first. */
const gradient: Rule = (at) => at.node.outputs.map((_, i) => at.inputs[i]?.type ?? null);

export const TRAINING: Family = {
  domain: "ai.onnx.preview.training",
  rules: {
    Adagrad: optimizer(3),
    Adam: optimizer(4),
    Gradient: gradient,
    Momentum: optimizer(3),
  },
};
