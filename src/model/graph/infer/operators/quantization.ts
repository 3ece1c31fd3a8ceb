import type { DType } from "../../../tensor/dtype.ts";
import { type Application, dtypeOf, type Family, hasInput, type Rule, shapeOf } from "../rule.ts";
import { dtypeAttributeOr, likeOf } from "./like.ts";
import { matrixProduct } from "./matrices.ts";

/** The element type of the zero point; without one, of the attribute output_dtype; uint8 without both. */
export function quantizedType(at: Application, zeroPoint: number): DType | null {
  return hasInput(at, zeroPoint) ? dtypeOf(at, zeroPoint) : dtypeAttributeOr(at, "output_dtype", "uint8");
}

/** x [any], with the element type of the scale, which is float32 before opset 19. */
const dequantize = likeOf(0, (at) => dtypeAttributeOr(at, "output_dtype", null) ?? dtypeOf(at, 1));

/** y as x, and a scale and a zero point for the whole. */
const dynamic: Rule = (at) => [
  { shape: shapeOf(at, 0), dtype: "uint8" },
  { shape: [], dtype: "float32" },
  { shape: [], dtype: "uint8" },
];

export const QUANTIZATION: Family = {
  domain: "",
  rules: {
    DequantizeLinear: dequantize,
    DynamicQuantizeLinear: dynamic,
    QLinearMatMul: (at) => [
      { shape: matrixProduct(at, shapeOf(at, 0), shapeOf(at, 3)), dtype: dtypeOf(at, 7) },
    ],
    QuantizeLinear: likeOf(0, (at) => quantizedType(at, 2)),
  },
};
