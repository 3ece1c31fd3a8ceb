import { LineCounter, parseDocument } from "yaml";
import { fail } from "../../../base/errors/index.ts";
import type { ModelFile } from "../contract.ts";
import { MODEL_FILE } from "./schema.ts";

/** A list of a million labels fits; anything larger is no description of a model. */
const MAX_CHARACTERS = 32 * 2 ** 20;

/**
 * Reads model.yaml.
 * @param where the file's name, for messages
 * @throws CONTRACT_TOO_LARGE, CONTRACT_YAML (no YAML), CONTRACT_YAML_KEY (a key or value that cannot be), naming the line
 */
export function parseModelYaml(source: string, where: string): ModelFile {
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
  // An empty file says nothing, which is allowed.
  if (document.contents === null) return {};
  return MODEL_FILE(document.contents as never, { file: where, key: "", lines });
}
