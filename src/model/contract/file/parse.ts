import { LineCounter, parseDocument } from "yaml";
import { fail } from "../../../base/errors/index.ts";
import type { ModelFile } from "../contract.ts";
import type { Check } from "./checks.ts";
import { MODEL_FILE } from "./schema.ts";

/** A list of a million labels fits; anything larger is no description of a model. */
const MAX_CHARACTERS = 32 * 2 ** 20;

/**
 * Reads model.yaml.
 * @param where the file's name, for messages
 * @throws CONTRACT_TOO_LARGE, CONTRACT_YAML (no YAML), CONTRACT_YAML_KEY (a key or value that cannot be), naming the line
 */
export function parseModelYaml(source: string, where: string): ModelFile {
  // An empty file says nothing, which is allowed.
  return parseYaml(source, where, MODEL_FILE) ?? {};
}

/** Reads a file of YAML by a check; null where it is empty. @throws as parseModelYaml */
export function parseYaml<T>(source: string, where: string, check: Check<T>): T | null {
  if (source.length > MAX_CHARACTERS) {
    throw fail("CONTRACT_TOO_LARGE", { size: source.length, limit: MAX_CHARACTERS }, { where });
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const [error] = document.errors;
  if (error) {
    const at = lines.linePos(error.pos[0]);
    throw fail(
      "CONTRACT_YAML",
      { problem: error.message },
      { where: `${where}:${at.line}:${at.col}`, cause: error },
    );
  }
  if (document.contents === null) return null;
  return check(document.contents as never, { file: where, key: "", lines });
}
