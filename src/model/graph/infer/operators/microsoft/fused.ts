import type { Maybe } from "../../extent/index.ts";
import {
  type Application,
  dtypeOf,
  elementsOf,
  type Family,
  intAttribute,
  type Rule,
  shapeOf,
} from "../../rule.ts";
import { convolved } from "../convolution.ts";
import { like } from "../like.ts";
import { MATRICES, matrixProduct } from "../matrices.ts";

/** Operators that do what others do and something more, which changes no shape (ONNX Runtime, ContribOperators.md). */

type Shape = readonly Maybe[] | null;

const isSet = (at: Application, name: string) => intAttribute(at, name, 0) === 1;

/** A matrix transposed, and its batch: the first axis then stands behind the others, before the last. */
function transposed(shape: Shape, batch: boolean, last: boolean): Shape {
  if (!shape || shape.length < 2) return shape;
  const moved = batch ? [...shape.slice(1, -1), shape[0] as Maybe, shape.at(-1) as Maybe] : shape;
  const [rows, columns] = moved.slice(-2) as [Maybe, Maybe];
  return last ? [...moved.slice(0, -2), columns, rows] : moved;
}

const fusedMatMul: Rule = (at) => [
  {
    shape: matrixProduct(
      at,
      transposed(shapeOf(at, 0), isSet(at, "transBatchA"), isSet(at, "transA")),
      transposed(shapeOf(at, 1), isSet(at, "transBatchB"), isSet(at, "transB")),
    ),
  },
];

const matMul: Rule = (at) => [{ shape: matrixProduct(at, shapeOf(at, 0), shapeOf(at, 1)) }];

/** Unsigned where both are. */
const matMulInteger16: Rule = (at) => {
  const isUnsigned = dtypeOf(at, 0) === "uint16" && dtypeOf(at, 1) === "uint16";
  return [
    { shape: matrixProduct(at, shapeOf(at, 0), shapeOf(at, 1)), dtype: isUnsigned ? "uint32" : "int32" },
  ];
};

/** a [..., K] with weights that are packed: N columns by an attribute. */
const packed: Rule = (at) => {
  const data = shapeOf(at, 0);
  return [{ shape: data && [...data.slice(0, -1), intAttribute(at, "N")] }];
};

/** The weights' own shape [K, N] is an input. */
const packedBeside: Rule = (at) => {
  const data = shapeOf(at, 0);
  return [{ shape: data && [...data.slice(0, -1), elementsOf(at, 2)?.[1] ?? null] }];
};

const conv: Rule = (at) => [{ shape: convolved(at, 0, 1) }];

export const FUSED: Family = {
  domain: "com.microsoft",
  rules: {
    BiasAdd: like(),
    BiasGelu: like(),
    BiasSoftmax: like(),
    FastGelu: like(),
    FusedConv: conv,
    FusedGemm: MATRICES.rules.Gemm as Rule,
    FusedMatMul: fusedMatMul,
    FusedMatMulActivation: fusedMatMul,
    GatedAdd: like(),
    Gelu: like(),
    GemmFastGelu: matMul,
    GemmFloat8: MATRICES.rules.Gemm as Rule,
    MatMulBnb4: packed,
    MatMulFpQ4: packedBeside,
    MatMulInteger16: matMulInteger16,
    MatMulIntegerToFloat: matMul,
    MatMulNBits: packed,
    QuickGelu: like(),
    SparseToDenseMatMul: fusedMatMul,
    TransposeMatMul: fusedMatMul,
  },
};
