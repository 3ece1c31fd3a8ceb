import { isUtf8 } from "node:buffer";
import { fail } from "../../../base/errors/index.ts";
import type { Lease, ModelCard } from "../../../run/pipeline/catalogue.ts";
import { decodeText } from "../wire/json-text.ts";
import { describe } from "../wire/read-data.ts";
import type { Fields } from "../wire/read-request.ts";
import { readTaskJson } from "../wire/task-json.ts";
import { looksLikeJson, sniffMedia } from "./sniff.ts";

export type TaskInput = Parameters<Lease["predict"]>[0];

/** What a request to a task says. */
export interface TaskQuestion {
  readonly input: TaskInput;
  readonly parameters: Fields;
}

const NO_PARAMETERS: Fields = {};

/**
 * Reads a body as Hugging Face's inference API has them: a file as it is, text, or JSON with `inputs` and `parameters`.
 * The content type decides where it says something; a form (curl's default), bytes or nothing at all are looked into, and
 * so is plain text (the default of `fetch`) for a model that takes none.
 *
 * @throws SERVE_BODY_EMPTY, SERVE_MEDIA_TYPE, SERVE_BODY_TEXT, SERVE_JSON*, SERVE_FIELD
 */
export function readTaskInput(card: ModelCard, contentType: string | undefined, bytes: Buffer): TaskQuestion {
  if (bytes.length === 0) {
    throw fail("SERVE_BODY_EMPTY", { wanted: "Send a file as the body, or JSON with the key inputs." });
  }
  const type = mediaTypeOf(contentType);
  if (type.startsWith("multipart/")) throw fail("SERVE_MEDIA_TYPE", { type });
  if (isJsonType(type)) return readJsonInput(card, bytes);
  if (type.startsWith("image/") || type.startsWith("audio/")) return asBytes(bytes, type);
  const media = sniffMedia(bytes);
  if (media) return asBytes(bytes, media);
  if (!isText(card, type) && looksLikeJson(bytes)) return readJsonInput(card, bytes);
  if (type.startsWith("text/") || (card.task?.accepts.kind === "text" && isUtf8(bytes))) {
    return { input: { kind: "text", text: decodeText(bytes) }, parameters: NO_PARAMETERS };
  }
  // Neither known nor declared: the task says what it makes of it.
  return asBytes(bytes, undefined);
}

/** Whether a body is read as JSON, by what `readTaskInput` goes by. */
export function isTaskJson(card: ModelCard, contentType: string | undefined, bytes: Buffer): boolean {
  const type = mediaTypeOf(contentType);
  if (bytes.length === 0) return false;
  if (isJsonType(type)) return true;
  if (/^(?:multipart|image|audio)\//.test(type) || isText(card, type)) return false;
  return !sniffMedia(bytes) && looksLikeJson(bytes);
}

/** A text may begin like JSON; a model of pictures or tensors has no use for one. */
function isText(card: ModelCard, type: string): boolean {
  return type === "text/plain" && card.task?.accepts.kind === "text";
}

function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function isJsonType(type: string): boolean {
  return type === "application/json" || type.endsWith("+json");
}

function asBytes(bytes: Buffer, mediaType: string | undefined): TaskQuestion {
  const input = { kind: "bytes" as const, bytes, ...(mediaType === undefined ? {} : { mediaType }) };
  return { input, parameters: NO_PARAMETERS };
}

function readJsonInput(card: ModelCard, bytes: Buffer): TaskQuestion {
  const { inputs, parameters, exactly } = readTaskJson(bytes);
  return { input: fromInputs(card, inputs, exactly), parameters };
}

function fromInputs(card: ModelCard, inputs: unknown, exactly: () => unknown): TaskInput {
  if (typeof inputs !== "string") return { kind: "json", value: inputs, exactly };
  return textOrFile(card.task?.accepts.kind, inputs);
}

/** A text that a task is given by itself. @throws SERVE_FIELD */
export function textOrFile(accepts: string | undefined, text: string): TaskInput {
  return accepts === "image" || accepts === "audio" ? fromBase64(text) : { kind: "text", text };
}

const DATA_URL = /^data:([\w/+.-]*)(?:;[\w=-]+)*,/;
const BASE64 = /^[A-Za-z0-9+/_\s-]*={0,2}\s*$/;

/** A picture or a sound inside JSON: base64, or a data: URL as a page's canvas gives it. */
function fromBase64(text: string): TaskInput {
  const url = DATA_URL.exec(text);
  const encoded = url ? text.slice(url[0].length) : text;
  // Buffer skips what is not base64 without a word.
  if (!BASE64.test(encoded)) {
    throw fail("SERVE_FIELD", { field: "inputs", wanted: "a file in base64", found: describe(text) });
  }
  const bytes = Buffer.from(encoded, "base64");
  const mediaType = sniffMedia(bytes) ?? (url?.[1] || undefined);
  return { kind: "bytes", bytes, ...(mediaType === undefined ? {} : { mediaType }) };
}
