import { isModelyardError } from "../../../../base/errors/index.ts";
import type { Model } from "../../../graph/graph.ts";
import type { Claims } from "../../claims.ts";
import type { Sibling } from "../../sibling.ts";
import { TFLITE_METADATA } from "../names.ts";
import { claimInput } from "./inputs.ts";
import { claimOutputs } from "./outputs.ts";
import { withPresentFiles } from "./present.ts";
import { type ModelMetadata, readMetadata } from "./schema.ts";
import { unusedOf } from "./unused.ts";

const KEY = TFLITE_METADATA;
const SOURCE = "TFLite Metadata";
/** The newest version of the schema whose fields are known here. */
const KNOWN = [1, 5, 0] as const;
/** Characters of a description: a page is shown, not a book. */
const MAX_WORDS = 2_000;
/** The largest metadata of real models takes a few kilobytes; lists lie in files of their own. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * TFLite Metadata: what each tensor holds, how pictures are normalised, tokenizers, labels, calibration and thresholds of
 * scores. A later version is read as far as it is known; one that is damaged says nothing; a note tells of either.
 */
export async function readTfliteMetadata(model: Model, claims: Claims, sibling: Sibling): Promise<void> {
  const found = model.attachments?.find(({ kind, name }) => kind === "metadata" && name === KEY);
  if (!found) return;
  if (found.content.byteLength > MAX_BYTES) {
    model.notes.push(`${SOURCE} of ${found.content.byteLength} bytes is not read`);
    return;
  }
  const { data } = await found.content.read();
  const read = readOrNote(model, data as Uint8Array);
  if (!read) return;
  const { metadata, absent } = await withPresentFiles(read, sibling);
  if (absent.length > 0) {
    const names = absent.slice(0, 3).map((name) => name.slice(0, 60));
    const more = absent.length > names.length ? ` and ${absent.length - names.length} more` : "";
    model.notes.push(
      `${SOURCE} names ${names.join(", ")}${more}, neither packed into the model whole nor beside it`,
    );
  }
  claim(model, metadata, claims);
}

function readOrNote(model: Model, data: Uint8Array): ModelMetadata | null {
  try {
    const metadata = readMetadata(data, KEY);
    if (!metadata) model.notes.push(`${SOURCE} has another identifier than M001 and is not read`);
    return metadata;
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    model.notes.push(`${SOURCE} is damaged and is not read: ${error.message} (${error.where ?? KEY})`);
    return null;
  }
}

function claim(model: Model, metadata: ModelMetadata, claims: Claims): void {
  const { minParserVersion: version } = metadata;
  if (isLater(version)) {
    model.notes.push(
      `${SOURCE} asks for version ${version.slice(0, 20)} of its schema; what ${KNOWN.join(".")} knows is read`,
    );
  }
  const claimed = { source: SOURCE, confidence: "declared" as const, reason: "its maker wrote it" };
  const { description, license } = metadata;
  if (description !== "") claims.add("description", { ...claimed, value: description.slice(0, MAX_WORDS) });
  if (license !== "") claims.add("license", { ...claimed, value: license.slice(0, MAX_WORDS) });
  const { inputs, outputs } = model.graph;
  const given = inputs.filter((value) => !value.constant && !value.sparse);
  for (const [i, tensor] of metadata.inputs.entries()) {
    const value = given[i];
    if (value) claimInput(claims, value.name, tensor, metadata.inputUnits);
  }
  const named = metadata.outputs.flatMap((tensor, i) => {
    const value = outputs[i];
    return value ? [{ tensor, value }] : [];
  });
  claimOutputs(claims, named);
  const unused = unusedOf(metadata);
  if (unused.length > 0) model.notes.push(`${SOURCE} also has what is not used: ${unused.join("; ")}`);
}

function isLater(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, known] of KNOWN.entries()) {
    const part = parts[i] ?? 0;
    if (part !== known) return part > known;
  }
  return false;
}
