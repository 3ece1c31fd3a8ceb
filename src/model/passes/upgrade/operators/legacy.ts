import { removeAttribute, setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";

/** Operators of opset 1 that named the inputs they may overwrite: advice to one framework, which opset 6 took out. */
const OVERWRITING =
  "Abs Add BatchNormalization Ceil Clip Div Dropout Elu Exp Floor HardSigmoid InstanceNormalization LeakyRelu Log Max Mean Min Mul Neg PRelu Reciprocal Relu Selu Sigmoid Sqrt Sub Sum Tanh";

export const legacy: readonly Adapter[] = [
  {
    op: OVERWRITING.split(" "),
    since: 6,
    adapt(node) {
      removeAttribute(node, "consumed_inputs");
    },
  },
  {
    // The constants of the paper came with more digits: a node that left them out means the old ones.
    op: "Selu",
    since: 6,
    adapt(node) {
      if (!node.attributes.has("alpha")) setAttribute(node, "alpha", attribute.float(1.6732));
      if (!node.attributes.has("gamma")) setAttribute(node, "gamma", attribute.float(1.0507));
    },
  },
  {
    op: "Concat",
    since: 4,
    adapt(node) {
      if (!node.attributes.has("axis")) setAttribute(node, "axis", attribute.int(1));
    },
  },
];
