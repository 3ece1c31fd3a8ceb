/** Matches a number of JSON, from lastIndex on. */
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Matches what may stand between two values and carries no meaning here. */
const SPACE = /[\s,:]*/y;

/**
 * Reads JSON once more, keeping every integer that a double cannot hold as a bigint. JSON.parse rounds it, and Node 20
 * does not yet hand the digits to a reviver. It is many times slower than JSON.parse, so it runs only when an INT64 or
 * UINT64 turned out to need it.
 *
 * @param text that JSON.parse has accepted: grammar is not checked again
 * @throws RangeError where it is nested deeper than any tensor, and the stack might not hold it
 */
export function parseExactly(text: string): unknown {
  const reader = { text, at: 0, depth: 0 };
  return readValue(reader);
}

/** Ten times what the deepest tensor and what is around it take. */
const MAX_DEPTH = 1_000;

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}

function readValue(reader: Reader): unknown {
  skip(reader);
  const first = reader.text[reader.at];
  if (first === "[" || first === "{") {
    if (reader.depth === MAX_DEPTH) throw new RangeError(`JSON is nested deeper than ${MAX_DEPTH}`);
    reader.depth++;
    const value = first === "[" ? readList(reader) : readObject(reader);
    reader.depth--;
    return value;
  }
  if (first === '"') return readString(reader);
  if (first === "t") return word(reader, 4, true);
  if (first === "f") return word(reader, 5, false);
  if (first === "n") return word(reader, 4, null);
  const digits = match(reader, NUMBER);
  const value = Number(digits);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(digits) ? value : BigInt(digits);
}

function readList(reader: Reader): unknown[] {
  const list: unknown[] = [];
  reader.at++;
  for (skip(reader); reader.text[reader.at] !== "]"; skip(reader)) list.push(readValue(reader));
  reader.at++;
  return list;
}

/** A null prototype, so that a key `__proto__` is a key. */
function readObject(reader: Reader): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  reader.at++;
  for (skip(reader); reader.text[reader.at] !== "}"; skip(reader)) {
    const key = readString(reader);
    object[key] = readValue(reader);
  }
  reader.at++;
  return object;
}

/** Finds the closing quote by hand: a pattern would keep a step to go back to for every character. */
function readString(reader: Reader): string {
  const { text, at } = reader;
  let end = text.indexOf('"', at + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  reader.at = end + 1;
  return JSON.parse(text.slice(at, end + 1)) as string;
}

/** Whether an odd number of backslashes stands before. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === "\\") before--;
  return (at - before) % 2 === 0;
}

function word<T>(reader: Reader, length: number, value: T): T {
  reader.at += length;
  return value;
}

function skip(reader: Reader): void {
  match(reader, SPACE);
}

function match(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  if (found === undefined) throw new Error(`JSON that was accepted before is not JSON at ${reader.at}`);
  reader.at += found.length;
  return found;
}
