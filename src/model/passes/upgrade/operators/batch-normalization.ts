import { removeAttribute, setAttribute } from "../../../graph/attributes.ts";
import { attribute, floatOf } from "../../../graph/edit.ts";
import type { Node } from "../../../graph/graph.ts";
import type { Adapter } from "../adapter.ts";
import { scalarConstant, takeInt } from "../attributes.ts";
import type { Step } from "../step.ts";

const OUTPUTS = ["mean", "var", "saved_mean", "saved_var"];

/**
 * Which mode a node is in was told by `is_test` (training by default) up to opset 6, then by whether it has more outputs
 * than one, and since 14 by `training_mode`.
 */
export const batchNormalization: readonly Adapter[] = [
  {
    op: "BatchNormalization",
    since: 7,
    adapt(node, step) {
      const isTest = takeInt(node, "is_test", step) ?? 0;
      if (isTest !== 0) dropStatistics(node, 1, step);
      else {
        step.note(node, "is in training mode, since its is_test is 0, and stays so");
        for (const [i, role] of OUTPUTS.entries())
          if (!node.outputs[i + 1]) step.addOutput(node, i + 1, role);
      }
    },
  },
  {
    op: "BatchNormalization",
    since: 9,
    types: true,
    adapt(node, step) {
      if ((takeInt(node, "spatial", step) ?? 1) !== 0) return;
      if (isTraining(node))
        return step.refuse("it is in training and has statistics of every position (spatial = 0)");
      expand(node, step);
    },
  },
  {
    op: "BatchNormalization",
    since: 14,
    adapt(node, step) {
      if (!isTraining(node)) {
        node.outputs.length = Math.min(node.outputs.length, 1);
        return;
      }
      dropStatistics(node, 3, step);
      setAttribute(node, "training_mode", attribute.int(1));
    },
  },
];

const isTraining = (node: Node) => node.outputs.slice(1).some((each) => each !== null);

function dropStatistics(node: Node, from: number, step: Step): void {
  for (let i = OUTPUTS.length; i >= from; i--) step.dropOutput(node, i, OUTPUTS[i - 1] as string);
}

/** Statistics of every position, which no later version has: (x - mean) / sqrt(var + epsilon) * scale + B. */
function expand(node: Node, step: Step): void {
  const [x, scale, bias] = [step.input(node, 0), step.input(node, 1), step.input(node, 2)];
  const [mean, variance] = [step.input(node, 3), step.input(node, 4)];
  const dtype =
    step.dtypeOf(x) ?? step.dtypeOf(scale) ?? step.refuse("the element type of its input is unknown");
  const epsilon = scalarConstant(node, "epsilon", dtype, floatOf(node, "epsilon", 1e-5), step);
  for (const name of ["epsilon", "momentum"]) removeAttribute(node, name);
  const spread = step.before(node, "Sqrt", [step.before(node, "Add", [variance, epsilon])]);
  const factor = step.before(node, "Div", [scale, spread]);
  const shift = step.before(node, "Sub", [bias, step.before(node, "Mul", [mean, factor])]);
  step.become(node, "Add", [step.before(node, "Mul", [x, factor]), shift]);
}
