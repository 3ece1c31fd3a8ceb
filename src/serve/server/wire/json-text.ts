import { isAscii, isUtf8 } from "node:buffer";
import { fail } from "../../../base/errors/index.ts";
import { MAX_JSON_CONTAINERS, MAX_JSON_DEPTH, MAX_JSON_KEYS } from "../limits.ts";

const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** The shortest key with its value and what parts it from the next: `"":0,`. */
const LEAST_KEY_CHARACTERS = 5;

/**
 * The text of a body. ASCII, which nearly every body is, becomes a string of one byte a character without decoding.
 * @throws SERVE_BODY_TEXT
 */
export function decodeText(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (!isUtf8(bytes)) throw fail("SERVE_BODY_TEXT", {});
  const text = bytes.toString("utf8");
  // RFC 8259 lets a reader ignore a byte order mark.
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/**
 * Reads JSON with the bounds that JSON.parse lacks. `__proto__` is a key like any other: nothing here copies keys.
 * @throws SERVE_JSON, SERVE_JSON_DEEP, SERVE_JSON_CROWDED
 */
export function parseJson(text: string, bytes: Buffer): unknown {
  if (mayBreakBounds(text)) checkBounds(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail("SERVE_JSON", { problem: problemOf(error) }, { cause: error });
  }
}

/** V8 quotes the text around the mistake, which may be half the body: what it says before that is enough. */
function problemOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const shortened = message.length > 200 ? `${message.slice(0, 200)}…` : message;
  return shortened.replace(/ is not valid JSON$/, "").replace(/ in JSON at position/, " at position");
}

/**
 * Whether the text has enough brackets to be too deep, or enough colons to have too many keys. Counting them with
 * indexOf is a hundred times cheaper than looking at every byte, and a flat tensor has only a handful.
 */
function mayBreakBounds(text: string): boolean {
  if (hasMore(text, ["[", "{"], MAX_JSON_DEPTH)) return true;
  return text.length > MAX_JSON_KEYS * LEAST_KEY_CHARACTERS && hasMore(text, [":"], MAX_JSON_KEYS);
}

function hasMore(text: string, signs: readonly string[], limit: number): boolean {
  let count = 0;
  for (const sign of signs) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
      if (++count > limit) return true;
    }
  }
  return false;
}

/** Counts brackets and keys outside strings, byte by byte: UTF-8 never hides one inside another character. */
function checkBounds(bytes: Buffer): void {
  let depth = 0;
  let containers = 0;
  let keys = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > MAX_JSON_DEPTH)
        throw fail("SERVE_JSON_DEEP", { limit: MAX_JSON_DEPTH }, { where: `byte ${at}` });
      if (++containers > MAX_JSON_CONTAINERS) throw crowded(MAX_JSON_CONTAINERS, "lists and objects", at);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--;
    } else if (byte === COLON) {
      if (++keys > MAX_JSON_KEYS) throw crowded(MAX_JSON_KEYS, "keys", at);
    }
  }
}

function crowded(limit: number, counted: string, at: number): Error {
  return fail("SERVE_JSON_CROWDED", { limit, counted }, { where: `byte ${at}` });
}
