import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { isPath } from "../folder.ts";
import type { StepFile } from "./file.ts";

/**
 * Where the model or the code of a step is: a path of this machine, or what hub/ fetches.
 * @param folder of the pipeline
 * @throws PIPELINE_MODULE_MISSING where nothing lies at the path
 */
export async function placeOfStep(step: string, file: StepFile, folder: string): Promise<string> {
  const named = file.model ?? file.code ?? "";
  if (!isPath(named)) return named;
  const source = resolve(folder, named);
  if (await stat(source).catch(() => null)) return source;
  const missing = { step, source: relative(folder, source) || named };
  throw fail("PIPELINE_MODULE_MISSING", missing, { where: file.where });
}
