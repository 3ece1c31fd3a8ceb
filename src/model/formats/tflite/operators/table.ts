import type { OperatorRow } from "../convert/operator.ts";
import { ACTIVATIONS } from "./activations.ts";
import { ANGLES } from "./angles.ts";
import { ARITHMETIC } from "./arithmetic.ts";
import { CASTING } from "./casting.ts";
import { COMPARISONS } from "./comparisons.ts";
import { CONVOLUTIONS } from "./convolutions.ts";
import { DIVISION } from "./division.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { GENERATION } from "./generation.ts";
import { JOINING } from "./joining.ts";
import { LOGIC } from "./logic.ts";
import { NORMALIZATION } from "./normalization.ts";
import { PADDING } from "./padding.ts";
import { POOLING } from "./pooling.ts";
import { PRODUCTS } from "./products.ts";
import { QUANTIZATION } from "./quantization.ts";
import { RANKING } from "./ranking.ts";
import { REDUCTIONS } from "./reductions.ts";
import { SCANNING } from "./scanning.ts";
import { SELECTION } from "./selection.ts";
import { SHAPES } from "./shapes.ts";
import { SLICING } from "./slicing.ts";

/** Families of operators, a file each. docs/formats/tflite.md lists what they hold. */
export const FAMILIES: Readonly<Record<string, readonly OperatorRow[]>> = {
  activations: ACTIVATIONS,
  angles: ANGLES,
  arithmetic: ARITHMETIC,
  casting: CASTING,
  comparisons: COMPARISONS,
  convolutions: CONVOLUTIONS,
  division: DIVISION,
  elementwise: ELEMENTWISE,
  generation: GENERATION,
  joining: JOINING,
  logic: LOGIC,
  normalization: NORMALIZATION,
  padding: PADDING,
  pooling: POOLING,
  products: PRODUCTS,
  quantization: QUANTIZATION,
  ranking: RANKING,
  reductions: REDUCTIONS,
  scanning: SCANNING,
  selection: SELECTION,
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
