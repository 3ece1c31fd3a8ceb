import { ARCHIVES } from "./archives.ts";
import { FOREIGN } from "./foreign.ts";
import type { Format } from "./format.ts";
import { onnx } from "./onnx/index.ts";
import { tflite } from "./tflite/index.ts";

/** Every format: those with a reader have a folder, the others are recognised by rows of FOREIGN and ARCHIVES. */
export const FORMATS: readonly Format[] = [onnx, tflite, ...FOREIGN, ...ARCHIVES];

/** Formats whose files lie in many folders without being a model. */
const ALSO_ELSEWHERE = new Set(["npy", "npz", "zip", "tar", "gzip", "html", "json", "picture", "openvino"]);

/** Extensions of models that are recognised and not read: in a folder without any other, such a file is meant. */
export const FOREIGN_EXTENSIONS: ReadonlySet<string> = new Set(
  FORMATS.filter((format) => !format.load && !ALSO_ELSEWHERE.has(format.id))
    .flatMap((format) => format.extensions)
    // Triton's description of a model ends so.
    .filter((extension) => extension !== ".pbtxt"),
);

/** Extensions under which a models folder is searched for models. */
export const MODEL_EXTENSIONS: ReadonlySet<string> = new Set(
  FORMATS.filter((format) => format.load).flatMap((format) => format.extensions),
);
