import { attribute, intOf } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";
import type { Rewrite } from "../simplify/rewrite.ts";
import { normalAxis, type Passage, type PassageRow, row } from "./passage.ts";
import type { Permutation } from "./permutation.ts";

/** One tensor, element by element; what else is read is the same for all elements. */
const UNARY = row((_, perm) => ({ inputs: [0], perm }));

const UNARY_OPS =
  "Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast Ceil Celu Clip Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tanh ThresholdedRelu";

const POINTWISE: ReadonlySet<string> = new Set(UNARY_OPS.split(" "));

/** Whether a node computes each element of its first input by itself, whatever the shape; what else it reads is the same for all. */
export function isPointwise({ op, domain, inputs }: Node, rewrite: Rewrite): boolean {
  if (domain !== "") return false;
  if (op === "QuantizeLinear" || op === "DequantizeLinear") return rewrite.shapeOf(inputs[1])?.length === 0;
  return POINTWISE.has(op);
}

/** Tensors that broadcast: constants of fewer axes are moved too, computed ones must have all of them, or none. */
const BROADCAST = row((node, perm, { rewrite }) => {
  const rank = perm.length;
  const inputs: number[] = [];
  for (const [index, value] of node.inputs.entries()) {
    const shape = rewrite.shapeOf(value);
    if (!shape || shape.length > rank) return null;
    const isConstant = rewrite.isConstant(value);
    if (shape.length === 0 || (isConstant && shape.every((dim) => dim === 1))) continue;
    if (shape.length < rank && !isConstant) return null;
    inputs.push(index);
  }
  return { inputs, perm };
});

const BROADCAST_OPS =
  "Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or PRelu Pow Sub Sum Where Xor";

/** Scales of the whole tensor, or along an axis. */
const QUANTIZATION = row((node, perm, { rewrite }) => {
  const scale = rewrite.shapeOf(node.inputs[1]);
  if (!scale || scale.length > 1 || intOf(node, "block_size", 0) !== 0) return null;
  return scale.length === 0
    ? { inputs: [0], perm }
    : along(node, perm, 1, [0], (set) => rewrite.setAttribute(node, "axis", attribute.int(set)));
});

/** A node with an `axis` attribute. */
function along(
  node: Node,
  perm: Permutation,
  fallback: number,
  inputs: readonly number[],
  set: (axis: number) => void,
): Passage | null {
  const axis = normalAxis(intOf(node, "axis", fallback), perm.length);
  return axis === null ? null : { inputs, perm, apply: () => set(perm[axis] as number) };
}

function alongAxis(fallback: number, since: number, inputsOf: (node: Node) => readonly number[]): PassageRow {
  return row((node, perm, { rewrite }) =>
    rewrite.opset(node.graph) < since
      ? null
      : along(node, perm, fallback, inputsOf(node), (axis) =>
          rewrite.setAttribute(node, "axis", attribute.int(axis)),
        ),
  );
}

const first = () => [0];
/** Before, its axis divided the tensor in two. */
const SOFTMAX = alongAxis(-1, 13, first);

/** Operators that treat every element alike, or all along one axis. */
export const ELEMENTWISE: readonly (readonly [string, PassageRow])[] = [
  ...UNARY_OPS.split(" ").map((op) => [op, UNARY] as const),
  ...BROADCAST_OPS.split(" ").map((op) => [op, BROADCAST] as const),
  ["QuantizeLinear", QUANTIZATION],
  ["DequantizeLinear", QUANTIZATION],
  ["Softmax", SOFTMAX],
  ["LogSoftmax", SOFTMAX],
  ["Hardmax", SOFTMAX],
  ["Concat", alongAxis(0, 4, (node) => node.inputs.map((_, index) => index))],
  ["Split", alongAxis(0, 2, first)],
  [
    "Gather",
    row((node, perm, { rewrite }) =>
      rewrite.shapeOf(node.inputs[1])?.length === 1
        ? along(node, perm, 0, [0], (axis) => rewrite.setAttribute(node, "axis", attribute.int(axis)))
        : null,
    ),
  ],
];
