import type { Model } from "../../graph/graph.ts";
import type { Claims } from "../claims.ts";
import type { Sibling } from "../sibling.ts";
import { readDenotations } from "./denotations.ts";
import { readHuggingFace } from "./huggingface.ts";
import { readLabelFiles } from "./label-files.ts";
import { readPaddle } from "./paddle.ts";
import { readUltralytics } from "./ultralytics.ts";
import { readWindowsMl } from "./windows-ml.ts";

/** Reads what one kind of source declares. */
export type Declared = (model: Model, claims: Claims, sibling: Sibling) => void | Promise<void>;

/** What a TFLite model's metadata says; others have nothing attached, and need no FlatBuffers. */
const readAttached: Declared = async (model, claims, sibling) => {
  if (!model.attachments || model.attachments.length === 0) return;
  const { readTfliteMetadata } = await import("./tflite/index.ts");
  await readTfliteMetadata(model, claims, sibling);
};

/** Where meaning is declared, the most trusted first: the model file itself, then the files beside it. */
export const DECLARED: readonly Declared[] = [
  readAttached,
  readUltralytics,
  readWindowsMl,
  readPaddle,
  readDenotations,
  readHuggingFace,
  readLabelFiles,
];
