import type { ErrorRow } from "./error.ts";
import { CLI_ERRORS } from "./rows/cli.ts";
import { CONTRACT_ERRORS } from "./rows/contract.ts";
import { CONVERT_ERRORS } from "./rows/convert.ts";
import { EXPOSE_ERRORS } from "./rows/expose.ts";
import { FILE_ERRORS } from "./rows/file.ts";
import { HUB_ERRORS } from "./rows/hub.ts";
import { MEDIA_ERRORS } from "./rows/media.ts";
import { MODEL_ERRORS } from "./rows/model.ts";
import { MODULE_ERRORS } from "./rows/module.ts";
import { PIPELINE_ERRORS } from "./rows/pipeline.ts";
import { RUNTIME_ERRORS } from "./rows/runtime.ts";
import { SERVE_ERRORS } from "./rows/serve.ts";
import { STORE_ERRORS } from "./rows/store.ts";
import { TASK_ERRORS } from "./rows/task.ts";
import { TFLITE_ERRORS } from "./rows/tflite.ts";
import { TUNE_ERRORS } from "./rows/tune.ts";

/**
 * Every error of Modelyard, a row each, kept in one file a room. A code is never reused for another meaning.
 * docs/errors.md is generated from this table.
 */
export const CATALOGUE = {
  ...CLI_ERRORS,
  ...CONTRACT_ERRORS,
  ...CONVERT_ERRORS,
  ...EXPOSE_ERRORS,
  ...FILE_ERRORS,
  ...HUB_ERRORS,
  ...MEDIA_ERRORS,
  ...MODEL_ERRORS,
  ...MODULE_ERRORS,
  ...PIPELINE_ERRORS,
  ...RUNTIME_ERRORS,
  ...SERVE_ERRORS,
  ...STORE_ERRORS,
  ...TASK_ERRORS,
  ...TFLITE_ERRORS,
  ...TUNE_ERRORS,
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof CATALOGUE;
