import type { OperatorRow } from "../convert/operator.ts";
import { ACTIVATIONS } from "./activations.ts";
import { ARITHMETIC } from "./arithmetic.ts";
import { COMPARISONS } from "./comparisons.ts";
import { CONVOLUTIONS } from "./convolutions.ts";
import { DIVISION } from "./division.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { JOINING } from "./joining.ts";
import { LOGIC } from "./logic.ts";
import { PADDING } from "./padding.ts";
import { POOLING } from "./pooling.ts";
import { PRODUCTS } from "./products.ts";
import { QUANTIZATION } from "./quantization.ts";
import { REDUCTIONS } from "./reductions.ts";
import { SHAPES } from "./shapes.ts";
import { SLICING } from "./slicing.ts";

/** Families of operators, a file each. docs/formats/tflite.md lists what they hold. */
export const FAMILIES: Readonly<Record<string, readonly OperatorRow[]>> = {
  activations: ACTIVATIONS,
  arithmetic: ARITHMETIC,
  convolutions: CONVOLUTIONS,
  comparisons: COMPARISONS,
  division: DIVISION,
  elementwise: ELEMENTWISE,
  logic: LOGIC,
  joining: JOINING,
  padding: PADDING,
  pooling: POOLING,
  products: PRODUCTS,
  quantization: QUANTIZATION,
  reductions: REDUCTIONS,
  shapes: SHAPES,
  slicing: SLICING,
};

/** Every operator that becomes ONNX, by its key. */
export const OPERATORS: ReadonlyMap<string, OperatorRow> = new Map(
  Object.values(FAMILIES).flatMap((rows) => rows.map((row) => [keyOf(row.name, row.isCustom), row])),
);

/** Custom operators may call themselves as builtins do. */
export function keyOf(name: string, isCustom: boolean): string {
  return isCustom ? `custom ${name}` : name;
}
