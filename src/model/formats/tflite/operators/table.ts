import type { OperatorRow } from "../convert/operator.ts";
import { ACTIVATIONS } from "./activations.ts";
import { ANGLES } from "./angles.ts";
import { ARITHMETIC } from "./arithmetic.ts";
import { BLOCKS } from "./blocks.ts";
import { CASTING } from "./casting.ts";
import { COMPARISONS } from "./comparisons.ts";
import { CONTROL } from "./control.ts";
import { CONVOLUTIONS } from "./convolutions.ts";
import { DETECTION } from "./detection.ts";
import { DIVISION } from "./division.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { FAKE_QUANT } from "./fake-quant.ts";
import { GATHERING } from "./gathering.ts";
import { GENERATION } from "./generation.ts";
import { JOINING } from "./joining.ts";
import { LANDMARKS } from "./landmarks.ts";
import { LOGIC } from "./logic.ts";
import { LOOKUPS } from "./lookups.ts";
import { MATRICES } from "./matrices.ts";
import { MEDIAPIPE } from "./mediapipe.ts";
import { MIRRORING } from "./mirroring.ts";
import { NORMALIZATION } from "./normalization.ts";
import { PADDING } from "./padding.ts";
import { POOLING } from "./pooling.ts";
import { PRODUCTS } from "./products.ts";
import { QUANTIZATION } from "./quantization.ts";
import { RANDOM } from "./random.ts";
import { RANKING } from "./ranking.ts";
import { RECURRENT } from "./recurrent.ts";
import { REDUCTIONS } from "./reductions.ts";
import { RESIZING } from "./resizing.ts";
import { SCANNING } from "./scanning.ts";
import { SCATTERING } from "./scattering.ts";
import { SEGMENTS } from "./segments.ts";
import { SELECTION } from "./selection.ts";
import { SETS } from "./sets.ts";
import { SHAPES } from "./shapes.ts";
import { SLICING } from "./slicing.ts";
import { SPECTRA } from "./spectra.ts";
import { SUPPRESSION } from "./suppression.ts";
import { TRANSPOSED } from "./transposed.ts";
import { WINDOWS } from "./windows.ts";

/** Families of operators, a file each. docs/formats/tflite.md lists what they hold. */
export const FAMILIES: Readonly<Record<string, readonly OperatorRow[]>> = {
  activations: ACTIVATIONS,
  angles: ANGLES,
  arithmetic: ARITHMETIC,
  blocks: BLOCKS,
  casting: CASTING,
  comparisons: COMPARISONS,
  control: CONTROL,
  convolutions: CONVOLUTIONS,
  detection: DETECTION,
  division: DIVISION,
  elementwise: ELEMENTWISE,
  "fake-quant": FAKE_QUANT,
  gathering: GATHERING,
  generation: GENERATION,
  joining: JOINING,
  landmarks: LANDMARKS,
  logic: LOGIC,
  lookups: LOOKUPS,
  matrices: MATRICES,
  mediapipe: MEDIAPIPE,
  mirroring: MIRRORING,
  normalization: NORMALIZATION,
  padding: PADDING,
  pooling: POOLING,
  products: PRODUCTS,
  quantization: QUANTIZATION,
  random: RANDOM,
  ranking: RANKING,
  recurrent: RECURRENT,
  reductions: REDUCTIONS,
  resizing: RESIZING,
  scanning: SCANNING,
  scattering: SCATTERING,
  segments: SEGMENTS,
  selection: SELECTION,
  sets: SETS,
  shapes: SHAPES,
  slicing: SLICING,
  spectra: SPECTRA,
  suppression: SUPPRESSION,
  transposed: TRANSPOSED,
  windows: WINDOWS,
};

/** Every operator that becomes ONNX, by its key. */
export const OPERATORS: ReadonlyMap<string, OperatorRow> = new Map(
  Object.values(FAMILIES).flatMap((rows) => rows.map((row) => [keyOf(row.name, row.isCustom), row])),
);

/** Custom operators may call themselves as builtins do. */
export function keyOf(name: string, isCustom: boolean): string {
  return isCustom ? `custom ${name}` : name;
}
