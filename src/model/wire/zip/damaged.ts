import { fail, type ModelyardError } from "../../../base/errors/index.ts";

/** @param byte counted from the start of the file */
export function damaged(file: string, problem: string, byte: number): ModelyardError {
  return fail("MODEL_ZIP_DAMAGED", { file, problem }, { where: `${file}, byte ${byte}` });
}

/** A name from a file, as part of a sentence. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
