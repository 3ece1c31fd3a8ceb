import type { FlatBytes } from "./bytes.ts";

/** A run of bytes of the file. */
export interface FlatRange {
  readonly offset: number;
  readonly length: number;
}

/** A vector of tables: each is looked at when it is asked for. */
export interface FlatTables {
  readonly length: number;
  at(index: number): FlatTable;
}

/**
 * A table of a flatbuffer (https://flatbuffers.dev/internals): fields by their slot, which is their place in the schema, where
 * a union takes two. A field that is absent has the default of the schema. Every offset is held to the file; offsets point
 * forwards only, so that no chain of them has a circle.
 * @throws MODEL_FLATBUFFER_DAMAGED with the byte, from every method
 */
export class FlatTable {
  readonly bytes: FlatBytes;
  /** Where it begins. */
  readonly position: number;
  readonly #slots: number;
  readonly #vtable: number;
  readonly #size: number;

  constructor(bytes: FlatBytes, position: number) {
    this.bytes = bytes;
    this.position = position;
    // How far before the table its list of offsets lies, or behind it where that is negative.
    const vtable = position - bytes.int32(position);
    if (vtable < 0) throw bytes.damaged(position, "the offsets of a table lie before the file");
    const length = bytes.uint16(vtable);
    this.#size = bytes.uint16(vtable + 2);
    if (length < 4 || this.#size < 4)
      throw bytes.damaged(vtable, `a table has ${this.#size} bytes and ${length} bytes of offsets`);
    bytes.check(vtable, length, "a list of offsets");
    bytes.check(position, this.#size, "a table");
    bytes.hand(this.#size);
    this.#slots = (length - 4) >> 1;
    this.#vtable = vtable + 4;
  }

  /** The root of a flatbuffer. */
  static root(bytes: FlatBytes): FlatTable {
    bytes.check(0, 8, "a header");
    return new FlatTable(bytes, follow(bytes, 0));
  }

  /** Where a field of so many bytes lies; -1 where it is absent. */
  #field(slot: number, width: number): number {
    if (slot >= this.#slots) return -1;
    const at = this.#vtable + 2 * slot;
    const offset = this.bytes.uint16(at);
    if (offset === 0) return -1;
    if (offset < 4 || offset + width > this.#size)
      throw this.bytes.damaged(at, `field ${slot} lies outside its table`);
    return this.position + offset;
  }

  /** Where the offset of a string, a vector or a table lies; -1 where the field is absent. */
  offsetAt(slot: number): number {
    return this.#field(slot, 4);
  }

  has(slot: number): boolean {
    return this.#field(slot, 1) >= 0;
  }

  bool(slot: number, fallback = false): boolean {
    const at = this.#field(slot, 1);
    return at < 0 ? fallback : this.bytes.uint8(at) !== 0;
  }

  int8(slot: number, fallback = 0): number {
    const at = this.#field(slot, 1);
    return at < 0 ? fallback : this.bytes.int8(at);
  }

  uint8(slot: number, fallback = 0): number {
    const at = this.#field(slot, 1);
    return at < 0 ? fallback : this.bytes.uint8(at);
  }

  int32(slot: number, fallback = 0): number {
    const at = this.#field(slot, 4);
    return at < 0 ? fallback : this.bytes.int32(at);
  }

  uint32(slot: number, fallback = 0): number {
    const at = this.#field(slot, 4);
    return at < 0 ? fallback : this.bytes.uint32(at);
  }

  float32(slot: number, fallback = 0): number {
    const at = this.#field(slot, 4);
    return at < 0 ? fallback : this.bytes.float32(at);
  }

  int64(slot: number, fallback = 0n): bigint {
    const at = this.#field(slot, 8);
    return at < 0 ? fallback : this.bytes.int64(at);
  }

  /** An unsigned 64-bit length or position. */
  size(slot: number): number {
    const at = this.#field(slot, 8);
    if (at < 0) return 0;
    const value = this.bytes.uint64(at);
    if (value > Number.MAX_SAFE_INTEGER) throw this.bytes.damaged(at, `a length of ${value}`);
    return Number(value);
  }

  /** Text; bytes that are no UTF-8 are replaced. null where it is absent. */
  string(slot: number): string | null {
    const range = this.range(slot);
    return range && DECODER.decode(this.bytes.bytes(range.offset, range.length));
  }

  table(slot: number): FlatTable | null {
    const at = this.#field(slot, 4);
    return at < 0 ? null : new FlatTable(this.bytes, follow(this.bytes, at));
  }

  /** A union: which of its members, counted from 1, and the table. null where there is none. */
  union(slot: number): { readonly member: number; readonly table: FlatTable } | null {
    const member = this.uint8(slot);
    const table = member === 0 ? null : this.table(slot + 1);
    return table && { member, table };
  }

  tables(slot: number): FlatTables {
    const vector = this.#vector(slot, 4);
    const { bytes } = this;
    return {
      length: vector?.length ?? 0,
      at(index) {
        const at = (vector?.offset ?? 0) + 4 * index;
        return new FlatTable(bytes, follow(bytes, at));
      },
    };
  }

  /** Where a vector of bytes lies, which is not read. */
  range(slot: number): FlatRange | null {
    return this.#vector(slot, 1);
  }

  bools(slot: number): boolean[] {
    const vector = this.#vector(slot, 1);
    return vector ? Array.from(this.bytes.bytes(vector.offset, vector.length), (each) => each !== 0) : [];
  }

  uint8s(slot: number): Uint8Array | null {
    const vector = this.#vector(slot, 1);
    return vector && this.bytes.bytes(vector.offset, vector.length);
  }

  uint16s(slot: number): Uint16Array | null {
    const vector = this.#vector(slot, 2);
    return vector && new Uint16Array(this.bytes.bytes(vector.offset, 2 * vector.length).buffer);
  }

  int32s(slot: number): Int32Array | null {
    const vector = this.#vector(slot, 4);
    return vector && new Int32Array(this.bytes.bytes(vector.offset, 4 * vector.length).buffer);
  }

  float32s(slot: number): Float32Array | null {
    const vector = this.#vector(slot, 4);
    return vector && new Float32Array(this.bytes.bytes(vector.offset, 4 * vector.length).buffer);
  }

  int64s(slot: number): BigInt64Array | null {
    const vector = this.#vector(slot, 8);
    return vector && new BigInt64Array(this.bytes.bytes(vector.offset, 8 * vector.length).buffer);
  }

  /** Where the elements of a vector lie. */
  #vector(slot: number, width: number): FlatRange | null {
    const at = this.#field(slot, 4);
    if (at < 0) return null;
    const start = follow(this.bytes, at);
    const length = this.bytes.uint32(start);
    this.bytes.check(start + 4, length * width, "a vector");
    return { offset: start + 4, length };
  }
}

const DECODER = new TextDecoder();

/** Where an offset leads: forwards from where it stands. */
function follow(bytes: FlatBytes, at: number): number {
  const offset = bytes.uint32(at);
  if (offset === 0) throw bytes.damaged(at, "an offset leads nowhere");
  bytes.check(at + offset, 4, "what an offset leads to");
  return at + offset;
}
