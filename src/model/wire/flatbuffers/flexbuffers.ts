import { fail } from "../../../base/errors/index.ts";

/** What a flexbuffer holds; whole numbers beyond 2^53 are rounded. */
export type FlexValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly FlexValue[]
  | ReadonlyMap<string, FlexValue>;

/** Vectors within vectors; options of operators have two. */
const MAX_DEPTH = 16;
/** Values may be shared, so that few bytes can stand for any number of them. */
const MAX_VALUES = 1_000_000;
/** So many bytes of text count as a value. */
const TEXT = 16;

/** The types by number, of https://flatbuffers.dev/internals, FlexBuffers. */
const TYPE = {
  null: 0,
  int: 1,
  uint: 2,
  float: 3,
  key: 4,
  string: 5,
  indirectInt: 6,
  indirectUint: 7,
  indirectFloat: 8,
  map: 9,
  vector: 10,
  vectorInt: 11,
  vectorUint: 12,
  vectorFloat: 13,
  vectorKey: 14,
  blob: 25,
  bool: 26,
  vectorBool: 36,
} as const;

const DECODER = new TextDecoder();

/**
 * The value of a flexbuffer: data that tells its own types, without a schema.
 * @param file and `at`, the byte at which it stands there, are for messages
 * @throws MODEL_FLATBUFFER_DAMAGED with the byte
 */
export function readFlexbuffer(bytes: Uint8Array, file: string, at = 0): FlexValue {
  const reader = new Reader(bytes, file, at);
  const end = bytes.byteLength - 1;
  if (end < 2) throw reader.damaged(0, "a flexbuffer has fewer than 3 bytes");
  const width = bytes[end] as number;
  return reader.value(end - 1 - width, width, bytes[end - 1] as number, 0);
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #at: number;
  #values = 0;

  constructor(bytes: Uint8Array, file: string, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
    this.#at = at;
  }

  damaged(position: number, problem: string) {
    const where = `${this.#file}, byte ${this.#at + Math.max(0, position)}`;
    return fail("MODEL_FLATBUFFER_DAMAGED", { file: this.#file, problem }, { where });
  }

  /**
   * A value of which so many bytes stand at a position, with the byte that tells its type and the width of what it refers to.
   * What is referred to stands before it.
   */
  value(position: number, width: number, packed: number, depth: number): FlexValue {
    if (depth > MAX_DEPTH)
      throw this.damaged(position, "vectors of a flexbuffer stand too deep in each other");
    this.#count(position, 1);
    const type = packed >> 2;
    if (type === TYPE.null) return null;
    if (type === TYPE.bool) return this.#whole(position, width) !== 0;
    if (type === TYPE.int) return this.#int(position, width);
    if (type === TYPE.uint) return this.#whole(position, width);
    if (type === TYPE.float) return this.#float(position, width);
    const target = this.#follow(position, width);
    const inner = 1 << (packed & 3);
    if (type === TYPE.key) return this.#key(target);
    if (type === TYPE.indirectInt) return this.#int(target, inner);
    if (type === TYPE.indirectUint) return this.#whole(target, inner);
    if (type === TYPE.indirectFloat) return this.#float(target, inner);
    if (type === TYPE.map) return this.#map(target, inner, depth);
    const fixed = fixedVector(type);
    if (fixed) return this.#typed(target, inner, fixed.type, fixed.length, depth);
    const length = this.#whole(target - inner, inner);
    if (type === TYPE.string || type === TYPE.blob) {
      this.#check(target, length);
      this.#count(target, length / TEXT);
      const run = this.#bytes.slice(target, target + length);
      return type === TYPE.blob ? run : DECODER.decode(run);
    }
    if (type === TYPE.vector) return this.#vector(target, inner, length, depth);
    const of = ELEMENTS.get(type);
    if (of === undefined) throw this.damaged(position, `a flexbuffer has a value of type ${type}`);
    return this.#typed(target, inner, of, length, depth);
  }

  /** Elements of one type, without a byte for each. */
  #typed(at: number, width: number, type: number, length: number, depth: number): FlexValue[] {
    this.#check(at, length * width);
    return Array.from({ length }, (_, i) => this.value(at + i * width, width, type << 2, depth + 1));
  }

  #vector(at: number, width: number, length: number, depth: number): FlexValue[] {
    const types = at + length * width;
    this.#check(at, length * (width + 1));
    return Array.from({ length }, (_, i) =>
      this.value(at + i * width, width, this.#bytes[types + i] as number, depth + 1),
    );
  }

  #map(at: number, width: number, depth: number): Map<string, FlexValue> {
    const keys = this.#follow(at - 3 * width, width);
    const keyWidth = this.#whole(at - 2 * width, width);
    const values = this.#vector(at, width, this.#whole(at - width, width), depth);
    const map = new Map<string, FlexValue>();
    for (const [i, value] of values.entries()) {
      const key = keys + i * keyWidth;
      map.set(this.#key(this.#follow(key, keyWidth)), value);
    }
    return map;
  }

  #key(at: number): string {
    this.#check(at, 1);
    const end = this.#bytes.indexOf(0, at);
    if (end < 0) throw this.damaged(at, "the name of a flexbuffer's entry does not end");
    this.#count(at, (end - at) / TEXT);
    return DECODER.decode(this.#bytes.subarray(at, end));
  }

  #count(at: number, values: number): void {
    this.#values += values;
    if (this.#values > MAX_VALUES) throw this.damaged(at, "a flexbuffer stands for too many values");
  }

  #follow(position: number, width: number): number {
    const target = position - this.#whole(position, width);
    if (target < 0) throw this.damaged(position, "an offset of a flexbuffer leads before its begin");
    return target;
  }

  /** An unsigned number. */
  #whole(at: number, width: number): number {
    this.#check(at, width);
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at, true);
    if (width === 4) return this.#view.getUint32(at, true);
    if (width === 8) return Number(this.#view.getBigUint64(at, true));
    throw this.damaged(at, `a number of a flexbuffer has ${width} bytes`);
  }

  #int(at: number, width: number): number {
    this.#check(at, width);
    if (width === 1) return this.#view.getInt8(at);
    if (width === 2) return this.#view.getInt16(at, true);
    if (width === 4) return this.#view.getInt32(at, true);
    return width === 8 ? Number(this.#view.getBigInt64(at, true)) : this.#whole(at, width);
  }

  #float(at: number, width: number): number {
    this.#check(at, width);
    if (width === 4) return this.#view.getFloat32(at, true);
    if (width === 8) return this.#view.getFloat64(at, true);
    throw this.damaged(at, `a real number of a flexbuffer has ${width} bytes`);
  }

  #check(at: number, length: number): void {
    if (at < 0 || at + length > this.#bytes.byteLength)
      throw this.damaged(at, `something of ${length} bytes lies outside its flexbuffer`);
  }
}

/** What the elements of typed vectors are. */
const ELEMENTS: ReadonlyMap<number, number> = new Map([
  [TYPE.vectorInt, TYPE.int],
  [TYPE.vectorUint, TYPE.uint],
  [TYPE.vectorFloat, TYPE.float],
  [TYPE.vectorKey, TYPE.key],
  [TYPE.vectorBool, TYPE.bool],
]);

/** Vectors of two, three or four numbers have no length of their own: types 16 to 24. */
function fixedVector(type: number): { readonly type: number; readonly length: number } | null {
  if (type < 16 || type > 24) return null;
  return { type: TYPE.int + ((type - 16) % 3), length: 2 + Math.floor((type - 16) / 3) };
}
