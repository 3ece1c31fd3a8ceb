import { fail } from "../../../base/errors/index.ts";
import { toHalf } from "../../../model/tensor/index.ts";
import type { TensorData } from "../../../model/tensor/tensor.ts";
import { DATATYPE_OF, type WireDType } from "../../api/datatypes.ts";

/** Where a tensor's JSON data goes, and what the messages about it need. */
export interface DataTarget {
  readonly name: string;
  readonly dtype: WireDType;
  readonly shape: readonly number[];
  /** Product of the shape; the caller has checked that so many elements fit into the body. */
  readonly elements: number;
  /** The same data read with every digit, large integers as bigints; null when this is it already. */
  readonly exactly: (() => unknown) | null;
}

/** Thrown inside this file alone: a 64-bit integer needs the digits that JSON.parse has rounded away. */
const NEEDS_DIGITS = Symbol("needs digits");

/**
 * Data of a tensor, a flat list in row-major order or lists nested along the shape, as the typed array of its dtype.
 * Every element is checked: nothing is rounded, wrapped or read out of text.
 *
 * @throws SERVE_DATA_LENGTH, SERVE_VALUE, SERVE_FIELD
 */
export function readData(target: DataTarget, data: unknown): TensorData {
  try {
    return fillAll(target, data);
  } catch (thrown) {
    if (thrown !== NEEDS_DIGITS || !target.exactly) throw thrown;
    return fillAll({ ...target, exactly: null }, target.exactly());
  }
}

function fillAll(target: DataTarget, data: unknown): TensorData {
  if (!Array.isArray(data)) {
    // A scalar's data may stand without a list.
    if (target.shape.length === 0 && data !== undefined) return fillAll(target, [data]);
    throw fail("SERVE_FIELD", {
      field: `data of the input ${target.name}`,
      wanted: "a list",
      found: describe(data),
    });
  }
  const { elements } = target;
  // A list of so many elements is in the body, so its typed array is no larger than what was already received.
  if (!Array.isArray(data[0]) && data.length !== elements) throw wrongLength(target, data.length);
  const out = allocate(target.dtype, elements);
  const end = fillLevel(target, out, data, 0, 0);
  if (end !== elements) throw wrongLength(target, end);
  return out;
}

/** Fills from one list on one level of nesting; gives the index behind its last element. */
function fillLevel(
  target: DataTarget,
  out: TensorData,
  list: readonly unknown[],
  level: number,
  at: number,
): number {
  if (!Array.isArray(list[0])) {
    if (at + list.length > target.elements) throw wrongLength(target, at + list.length);
    FILL[target.dtype](target, out as never, list, at);
    return at + list.length;
  }
  const { shape } = target;
  if (level >= shape.length || list.length !== shape[level]) {
    throw fail("SERVE_FIELD", {
      field: `data of the input ${target.name}`,
      wanted: `nested as its shape [${shape}] says`,
      found: `a list of ${list.length} lists at level ${level + 1}`,
    });
  }
  const inner = target.elements / product(shape, level + 1);
  let next = at;
  for (const item of list) {
    const end = Array.isArray(item) ? fillLevel(target, out, item, level + 1, next) : -1;
    if (end !== next + inner) {
      throw fail("SERVE_FIELD", {
        field: `data of the input ${target.name}`,
        wanted: `nested as its shape [${shape}] says`,
        found: `uneven at level ${level + 2}`,
      });
    }
    next = end;
  }
  return next;
}

function product(shape: readonly number[], until: number): number {
  let value = 1;
  for (let index = 0; index < until; index++) value *= shape[index] as number;
  return value;
}

const ARRAYS = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  float16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies { readonly [D in Exclude<WireDType, "string">]: unknown };

/**
 * Small arrays are views into one buffer after the other, as Node's own Buffer does it: an array with a buffer of its
 * own costs more to make and to collect than its numbers cost to read. Each lives no longer than its request.
 */
const SLAB_BYTES = 64 * 1024;
const SMALL_BYTES = 4 * 1024;
let slab = new ArrayBuffer(SLAB_BYTES);
let slabUsed = 0;

function allocate(dtype: WireDType, elements: number): TensorData {
  if (dtype === "string") return new Array<string>(elements);
  const Type = ARRAYS[dtype];
  const bytes = elements * Type.BYTES_PER_ELEMENT;
  if (bytes > SMALL_BYTES) return new Type(elements);
  if (slabUsed + bytes > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    slabUsed = 0;
  }
  const array = new Type(slab, slabUsed, elements);
  // The next one begins where every type may begin.
  slabUsed += Math.ceil(bytes / 8) * 8;
  return array;
}

type Whole = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;
type Fill<T> = (target: DataTarget, out: T, list: readonly unknown[], at: number) => void;

const FILL: { readonly [D in WireDType]: Fill<never> } = {
  bool: fillBools,
  uint8: wholes(),
  int8: wholes(),
  uint16: wholes(),
  int16: wholes(),
  uint32: wholes(),
  int32: wholes(),
  uint64: bigs((value) => BigInt.asUintN(64, value)),
  int64: bigs((value) => BigInt.asIntN(64, value)),
  float16: fillHalves,
  float32: fillFloats,
  float64: fillDoubles,
  string: fillStrings,
};

/** One function a type, so that V8 compiles each for one kind of array. */
function wholes(): Fill<Whole> {
  return (target, out, list, at) => {
    for (let index = 0; index < list.length; index++) {
      const value = list[index];
      if (typeof value !== "number") throw wrongValue(target, at + index, value);
      out[at + index] = value;
      // A fraction or a number out of range does not come back as it went in.
      if (out[at + index] !== value) throw wrongValue(target, at + index, value);
    }
  };
}

function bigs(wrap: (value: bigint) => bigint): Fill<BigInt64Array | BigUint64Array> {
  return (target, out, list, at) => {
    for (let index = 0; index < list.length; index++) {
      let value = list[index];
      if (typeof value === "number") {
        if (!Number.isSafeInteger(value)) {
          if (target.exactly && Number.isInteger(value)) throw NEEDS_DIGITS;
          throw wrongValue(target, at + index, value);
        }
        value = BigInt(value);
      }
      if (typeof value !== "bigint" || wrap(value) !== value) throw wrongValue(target, at + index, value);
      out[at + index] = value;
    }
  };
}

function fillFloats(target: DataTarget, out: Float32Array, list: readonly unknown[], at: number): void {
  for (let index = 0; index < list.length; index++) {
    const value = list[index];
    out[at + index] = typeof value === "number" ? value : notFinite(target, at + index, value);
    const stored = out[at + index] as number;
    // Infinite minus itself is NaN: one test for both, and a number must not have become either.
    if (stored - stored !== 0 && typeof value === "number") throw wrongValue(target, at + index, value);
  }
}

function fillDoubles(target: DataTarget, out: Float64Array, list: readonly unknown[], at: number): void {
  for (let index = 0; index < list.length; index++) {
    const value = list[index];
    out[at + index] = typeof value === "number" ? value : notFinite(target, at + index, value);
    // JSON.parse reads 1e999 as infinite.
    if (value === Infinity || value === -Infinity) throw wrongValue(target, at + index, value);
  }
}

function fillHalves(target: DataTarget, out: Uint16Array, list: readonly unknown[], at: number): void {
  for (let index = 0; index < list.length; index++) {
    const value = list[index];
    const half = toHalf(typeof value === "number" ? value : notFinite(target, at + index, value));
    if ((half & 0x7c00) === 0x7c00 && typeof value === "number") throw wrongValue(target, at + index, value);
    out[at + index] = half;
  }
}

/** The three words by which our own answers write what JSON has no number for (see write-number.ts). */
function notFinite(target: DataTarget, index: number, value: unknown): number {
  if (value === "NaN") return Number.NaN;
  if (value === "Infinity") return Infinity;
  if (value === "-Infinity") return -Infinity;
  throw wrongValue(target, index, value);
}

function fillBools(target: DataTarget, out: Uint8Array, list: readonly unknown[], at: number): void {
  for (let index = 0; index < list.length; index++) {
    const value = list[index];
    if (typeof value !== "boolean") throw wrongValue(target, at + index, value);
    out[at + index] = value ? 1 : 0;
  }
}

function fillStrings(target: DataTarget, out: string[], list: readonly unknown[], at: number): void {
  for (let index = 0; index < list.length; index++) {
    const value = list[index];
    if (typeof value !== "string" || LONE_SURROGATE.test(value)) throw wrongValue(target, at + index, value);
    out[at + index] = value;
  }
}

/** Half of a pair, which JSON can escape and UTF-8, in which models take text, cannot write. */
const LONE_SURROGATE = /\p{Surrogate}/u;

function wrongLength(target: DataTarget, found: number): Error {
  const { name, shape, elements } = target;
  return fail("SERVE_DATA_LENGTH", { name, found, shape: shape.join(", "), wanted: elements });
}

function wrongValue(target: DataTarget, index: number, value: unknown): Error {
  const { name, dtype } = target;
  return fail("SERVE_VALUE", {
    index,
    name,
    found: describe(value),
    datatype: DATATYPE_OF[dtype],
    wanted: WANTED[dtype],
  });
}

const WANTED: { readonly [D in WireDType]: string } = {
  bool: "true and false",
  uint8: "whole numbers from 0 to 255",
  uint16: "whole numbers from 0 to 65535",
  uint32: "whole numbers from 0 to 4294967295",
  uint64: "whole numbers from 0 to 18446744073709551615, written with all their digits",
  int8: "whole numbers from -128 to 127",
  int16: "whole numbers from -32768 to 32767",
  int32: "whole numbers from -2147483648 to 2147483647",
  int64: "whole numbers from -9223372036854775808 to 9223372036854775807, written with all their digits",
  float16: "numbers up to 65504",
  float32: "numbers up to 3.4028235e38",
  float64: "numbers up to 1.7976931348623157e308",
  string: "text of whole Unicode characters",
};

/** A JSON value in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  if (typeof value === "string") {
    const start = value.length > 40 ? `${value.slice(0, 40)}…` : value;
    return `the text ${JSON.stringify(start)}`;
  }
  return String(value);
}
