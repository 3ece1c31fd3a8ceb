// Malformed .tflite files without end: the flatbuffer is walked by what schema.fbs says its fields are, and numbers, lengths,
// offsets and lists of offsets are changed where they stand, so that what is wrong lies deep inside of what is right.
import { changeBytes } from "./mutate.js";

/**
 * A place that can be changed: a number, the length of a vector, an offset, an entry of a list of offsets, or content.
 * @typedef {{ at: number, width: number, kind: "number" | "length" | "offset" | "entry" | "content" }} Place
 * @typedef {() => number} Random from 0 to below 1
 */

/** What a field is: a table, a vector of tables, of numbers of so many bytes, of bytes; anything else is a number. */
/** @type {Record<string, Record<number, string>>} */
const KINDS = {
  model: { 1: "*code", 2: "*subgraph", 3: "bytes", 4: "*buffer", 5: "4", 6: "*metadata", 7: "*signature" },
  code: { 1: "bytes" },
  subgraph: { 0: "*tensor", 1: "4", 2: "4", 3: "*operator", 4: "bytes" },
  tensor: { 0: "4", 3: "bytes", 4: "quantization", 6: "sparsity", 7: "4" },
  quantization: { 0: "4", 1: "4", 2: "4", 3: "8" },
  sparsity: { 0: "4", 1: "4", 2: "*dimension" },
  dimension: { 3: "indices", 5: "indices" },
  indices: { 0: "4" },
  operator: { 1: "4", 2: "4", 4: "options", 5: "bytes", 7: "bytes", 8: "4", 12: "options" },
  options: {},
  buffer: { 0: "bytes" },
  metadata: { 0: "bytes" },
  signature: { 0: "*map", 1: "*map", 2: "bytes" },
  map: { 0: "bytes" },
};

/** Places of one vector; of longer ones the first. */
const MOST_OF_VECTOR = 64;
/** Places of one file. */
const MOST_PLACES = 200_000;

const INTERESTING = [
  0,
  1,
  2,
  3,
  4,
  5,
  8,
  16,
  32,
  64,
  92,
  127,
  128,
  255,
  256,
  1_000,
  32_767,
  65_535,
  65_536,
  1_000_000,
  2 ** 30,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32 - 2,
  2 ** 32 - 128,
  0x7f80_0000,
  0x7fc0_0000,
  0x3f80_0000,
  0xff80_0000,
];

/** @param {Random} next @param {number} below */
const whole = (next, below) => Math.floor(next() * below);

/** @template T @param {Random} next @param {readonly T[]} items @returns {T} */
const one = (next, items) => /** @type {T} */ (items[whole(next, items.length)]);

/** @param {Uint8Array} bytes @returns {Place[]} */
function placesOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** @type {Place[]} */
  const places = [];
  /** @param {number} at @param {number} width @param {Place["kind"]} kind */
  const add = (at, width, kind) => {
    if (at >= 0 && at + width <= bytes.length && places.length < MOST_PLACES)
      places.push({ at, width, kind });
  };
  /** @param {number} at */
  const follow = (at) => at + view.getUint32(at, true);
  /** @param {number} at @param {string} kind */
  const table = (at, kind) => {
    const vtable = at - view.getInt32(at, true);
    const slots = (view.getUint16(vtable, true) - 4) >> 1;
    add(at, 4, "offset");
    add(vtable, 2, "entry");
    add(vtable + 2, 2, "entry");
    for (let slot = 0; slot < slots; slot++) {
      const entry = vtable + 4 + 2 * slot;
      add(entry, 2, "entry");
      const offset = view.getUint16(entry, true);
      if (offset === 0) continue;
      field(at + offset, KINDS[kind]?.[slot] ?? "");
    }
  };
  /** @param {number} at @param {string} kind */
  const field = (at, kind) => {
    if (kind === "") {
      add(at, 1, "number");
      add(at, 4, "number");
      return;
    }
    add(at, 4, "offset");
    const target = follow(at);
    const width = Number(kind);
    if (kind === "bytes" || width > 0) {
      add(target, 4, "length");
      const count = Math.min(MOST_OF_VECTOR, view.getUint32(target, true));
      for (let i = 0; i < count; i++)
        add(target + 4 + i * (width || 1), width || 1, width ? "number" : "content");
    } else if (kind.startsWith("*")) {
      add(target, 4, "length");
      const count = view.getUint32(target, true);
      for (let i = 0; i < count; i++) {
        add(target + 4 + 4 * i, 4, "offset");
        table(follow(target + 4 + 4 * i), kind.slice(1));
      }
    } else table(target, kind);
  };
  try {
    add(0, 4, "offset");
    table(follow(0), "model");
  } catch {
    // What cannot be walked any further is changed as far as it can.
  }
  return places;
}

/**
 * One more malformed file.
 * @param {readonly Uint8Array[]} corpus files to begin with
 * @param {Random} next
 * @returns {Uint8Array}
 */
export function mutateTflite(corpus, next) {
  const bytes = one(next, corpus);
  const places = next() < 0.9 ? placesOf(bytes) : [];
  if (places.length === 0) return changeBytes(bytes, next);
  const made = new Uint8Array(bytes);
  for (let change = 0; change <= next() * 4; change++) changePlace(made, places, next);
  return next() < 0.9 ? made : changeBytes(made, next);
}

/** Numbers are changed most: what lies behind a wrong offset is seldom read at all. */
const WEIGHTS = /** @type {const} */ ({ number: 0.62, content: 0.74, length: 0.82, offset: 0.92, entry: 1 });

/** @param {Uint8Array} made @param {readonly Place[]} places @param {Random} next */
function changePlace(made, places, next) {
  const draw = next();
  const kind = Object.entries(WEIGHTS).find(([, until]) => draw < until)?.[0];
  const some = places.filter((place) => place.kind === kind);
  if (some.length === 0) return;
  const { at, width } = one(next, some);
  const view = new DataView(made.buffer);
  const write = (/** @type {number} */ value) => {
    if (width === 1) view.setUint8(at, value % 256);
    else if (width === 2) view.setUint16(at, value % 65_536, true);
    else view.setUint32(at, value, true);
    if (width === 8) view.setUint32(at + 4, value >= 2 ** 31 ? 2 ** 32 - 1 : 0, true);
  };
  const now =
    width === 1 ? view.getUint8(at) : width === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  const how = next();
  const other = one(next, some);
  // What another of its kind leads to: a table in two places, or one of another kind.
  if (kind === "offset" && how < 0.6)
    write((other.at + view.getUint32(other.at, true) - at + 2 ** 32) % 2 ** 32);
  else if (how < 0.2 && other.width === width) made.copyWithin(at, other.at, other.at + width);
  else if (how < 0.45) write((now + 1 + whole(next, 3)) % 2 ** 32);
  else if (how < 0.6) write((now + 2 ** 32 - 1 - whole(next, 3)) % 2 ** 32);
  else if (how < 0.75) write(whole(next, 130));
  else write(one(next, INTERESTING));
}
