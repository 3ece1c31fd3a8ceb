import type { DType } from "../../../../tensor/dtype.ts";
import { broadcastShapes } from "../../broadcasting.ts";
import { add, type Maybe, multiply } from "../../extent/index.ts";
import {
  type Application,
  axisOf,
  dtypeOf,
  type Family,
  hasInput,
  intAttribute,
  type Rule,
  shapeOf,
  unknownShape,
} from "../../rule.ts";
import { convolvedShapes } from "../convolution.ts";
import { like, likeOf } from "../like.ts";
import { matrixProduct } from "../matrices.ts";
import { pooledShape } from "../pooling.ts";
import { recurrentOutputs } from "../recurrent.ts";
import { REDUCTIONS } from "../reductions.ts";

/** Operators on tensors of 8 bits: scales and zero points stand beside each of them (ONNX Runtime, ContribOperators.md). */

type Shape = readonly Maybe[] | null;

const broadcast =
  (...operands: readonly number[]): Rule =>
  (at) => [
    {
      shape: broadcastShapes(
        at,
        operands.map((input) => shapeOf(at, input)),
      ),
    },
  ];

/** Channels behind the spatial axes, brought in front of them and back. */
const isLast = (at: Application) => intAttribute(at, "channels_last", 0) === 1;
const toFront = (shape: Shape): Shape =>
  shape && [...shape.slice(0, 1), ...shape.slice(-1), ...shape.slice(1, -1)];
const toBack = (shape: Shape): Shape =>
  shape && [...shape.slice(0, 1), ...shape.slice(2), ...shape.slice(1, 2)];

/** A rule on [N, C, spatial…] for an operator that may have its channels last. */
function inFront(at: Application, index: number, last: boolean, rule: (shape: Shape) => Shape): Shape {
  const shape = shapeOf(at, index);
  if (!last || !shape || shape.length < 2) return rule(shape);
  return toBack(rule(toFront(shape)));
}

const conv: Rule = (at) => [
  {
    shape: inFront(at, 0, isLast(at), (shape) => convolvedShapes(at, shape, shapeOf(at, 3))),
    dtype: dtypeOf(at, 7),
  },
];

const averagePool: Rule = (at) => [{ shape: inFront(at, 0, isLast(at), (shape) => pooledShape(at, shape)) }];

const globalPool: Rule = (at) => [
  {
    shape: inFront(at, 0, isLast(at), (shape) => shape?.map((dim, axis) => (axis < 2 ? dim : 1)) ?? null),
  },
];

const maxPool: Rule = (at) => [{ shape: inFront(at, 0, true, (shape) => pooledShape(at, shape)) }];

/** Scale and zero point of the output, then a tensor, its scale and its zero point for each input. */
const concat: Rule = (at) => {
  const shapes: Shape[] = [];
  for (let input = 2; input < at.inputs.length; input += 3) shapes.push(shapeOf(at, input));
  const first = shapes.find((shape) => shape !== null);
  const dtype = dtypeOf(at, 1);
  if (!first) return [{ dtype }];
  const axis = axisOf(at, intAttribute(at, "axis", 0), first.length);
  if (axis === null) return [{ dtype, shape: unknownShape(first.length) }];
  let total: Maybe = 0;
  for (const shape of shapes) total = add(total, shape?.[axis] ?? null);
  return [{ dtype, shape: first.map((dim, i) => (i === axis ? total : dim)) }];
};

/** Quantised where a scale of the output is given. */
const gemm: Rule = (at) => {
  const rows = shapeOf(at, 0)?.[intAttribute(at, "transA", 0) === 1 ? 1 : 0] ?? null;
  const columns = shapeOf(at, 3)?.[intAttribute(at, "transB", 0) === 1 ? 0 : 1] ?? null;
  return [{ shape: [rows, columns], dtype: hasInput(at, 8) ? dtypeOf(at, 8) : "float32" }];
};

const product =
  (a: number, b: number): Rule =>
  (at) => [{ shape: matrixProduct(at, shapeOf(at, a), shapeOf(at, b)) }];

const lstm: Rule = (at) => {
  const [sequence = null, batch = null] = shapeOf(at, 0) ?? [];
  const hidden = intAttribute(at, "hidden_size") ?? shapeOf(at, 2)?.[1] ?? null;
  return recurrentOutputs(at, { sequence, batch, hidden });
};

/** Rows by their indices; two or four numbers of a byte are told apart. */
const gatherBlocks: Rule = (at) => {
  const [data, indices] = [shapeOf(at, 0), shapeOf(at, 1)];
  if (!data || !indices) return [null];
  const axis = axisOf(at, intAttribute(at, "gather_axis", 0), data.length);
  if (axis === null) return [null];
  const bits = intAttribute(at, "bits", 4);
  const whole: Maybe[] = [...data];
  if (dtypeOf(at, 0) === "uint8" && bits < 8) whole.push(multiply(whole.pop() ?? null, Math.floor(8 / bits)));
  return [{ shape: [...whole.slice(0, axis), ...indices, ...whole.slice(axis + 1)], dtype: dtypeOf(at, 2) }];
};

const zeroPointType = (at: Application): DType | null => (hasInput(at, 2) ? dtypeOf(at, 2) : "uint8");

export const MICROSOFT_QUANTIZED: Family = {
  domain: "com.microsoft",
  rules: {
    DequantizeLinear: likeOf(0, (at) => dtypeOf(at, 1)),
    DynamicQuantizeLSTM: lstm,
    DynamicQuantizeMatMul: product(0, 1),
    GatherBlockQuantized: gatherBlocks,
    MulInteger: broadcast(0, 2),
    NhwcMaxPool: maxPool,
    QGemm: gemm,
    QLinearAdd: broadcast(0, 3),
    QLinearAveragePool: averagePool,
    QLinearConcat: concat,
    QLinearConv: conv,
    QLinearGlobalAveragePool: globalPool,
    QLinearLeakyRelu: like(),
    QLinearMul: broadcast(0, 3),
    QLinearReduceMean: REDUCTIONS.rules.ReduceMean as Rule,
    QLinearSigmoid: like(),
    QLinearSoftmax: like(),
    QLinearWhere: broadcast(0, 1, 4),
    QuantizeLinear: likeOf(0, zeroPointType),
  },
};
