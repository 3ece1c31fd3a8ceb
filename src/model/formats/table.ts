import { FOREIGN } from "./foreign.ts";
import type { Format } from "./format.ts";
import { onnx } from "./onnx/index.ts";

/** Every format: those with a reader have a folder, the others are recognised by FOREIGN's rows. */
export const FORMATS: readonly Format[] = [onnx, ...FOREIGN];

/** Extensions under which a models folder is searched for models. */
export const MODEL_EXTENSIONS: ReadonlySet<string> = new Set(
  FORMATS.filter((format) => format.load).flatMap((format) => format.extensions),
);
