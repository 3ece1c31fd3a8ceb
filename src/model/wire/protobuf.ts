import { fail } from "../../base/errors/index.ts";
import { readName } from "./names.ts";
import type { Segment, Sparse } from "./sparse.ts";

/** A payload that may have stayed in the file. */
export interface Payload {
  /** Position in the file. */
  readonly offset: number;
  readonly length: number;
  /** The bytes, not copied, where they were read. */
  readonly bytes: Uint8Array | null;
}

/** Positions in a file. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a million messages lie: two numbers each, and an object only while somebody looks at one. */
export class Spans {
  readonly #ends: number[] = [];

  get length(): number {
    return this.#ends.length / 2;
  }

  add({ start, end }: Span): void {
    this.#ends.push(start, end);
  }

  *[Symbol.iterator](): Generator<Span> {
    for (let i = 0; i < this.#ends.length; i += 2)
      yield { start: this.#ends[i] as number, end: this.#ends[i + 1] as number };
  }
}

/**
 * The protobuf wire format (https://protobuf.dev/programming-guides/encoding): a cursor over a message of a file that
 * was read in pieces. All positions are the file's, so that errors name the byte.
 */
export class Cursor {
  readonly #sparse: Sparse;
  #bytes: Uint8Array;
  #view: DataView | null = null;
  /** Where the current segment lies in the file. */
  #start: number;
  #stop: number;
  #at: number;
  /** Where the message begins, and its field that `next` found. */
  readonly #first: number;
  #tag: number;
  readonly #end: number;
  /** Number and wire type of the field that `next` found. */
  field = 0;
  wire = 0;

  constructor(
    sparse: Sparse,
    start = 0,
    end: number = sparse.size,
    segment: Segment | undefined = sparse.segments[0],
  ) {
    this.#sparse = sparse;
    this.#bytes = segment?.bytes ?? EMPTY;
    this.#start = segment?.start ?? 0;
    this.#stop = this.#start + this.#bytes.byteLength;
    this.#at = start;
    this.#first = start;
    this.#tag = start;
    this.#end = end;
  }

  /** Position in the file. */
  get position(): number {
    return this.#at;
  }

  /** Bytes left in this message. */
  get length(): number {
    return this.#end - this.#at;
  }

  get file(): string {
    return this.#sparse.file;
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.#tag = this.#at;
    const tag = this.uint32();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field === 0) throw this.damaged("a field number of 0");
    return true;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw this.damaged("a number that is cut off");
    if (this.#at < this.#start || this.#at >= this.#stop) this.#seek(this.#at, 1);
    return this.#bytes[this.#at++ - this.#start] as number;
  }

  /** A varint as an exact number below 2^53. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte();
      value += (byte % 128) * scale;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) throw this.damaged("a length over 2^53");
        return value;
      }
      scale *= 128;
    }
    throw this.damaged("a number of more than ten bytes");
  }

  uint32(): number {
    const value = this.varint();
    if (value >= 2 ** 32) throw this.damaged("a 32-bit number that is too large");
    return value;
  }

  /** A varint as a signed 64-bit integer (int64, enum). */
  int64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      // Most numbers are one byte.
      if (shift === 0n && byte < 128) return BigInt(byte);
      value |= BigInt(byte % 128) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
    throw this.damaged("a number of more than ten bytes");
  }

  /** The same as a number, exact up to 2^53. */
  integer(): number {
    return this.#oneByte() ?? Number(this.int64());
  }

  /** A varint as a signed 32-bit integer (int32: negative numbers have ten bytes). */
  int32(): number {
    return this.#oneByte() ?? Number(BigInt.asIntN(32, this.int64()));
  }

  /** A varint of one byte, as nearly all are, for which no bigint is made; null where it has more. */
  #oneByte(): number | null {
    const at = this.#at;
    if (at >= this.#end || at < this.#start || at >= this.#stop) return null;
    const byte = this.#bytes[at - this.#start] as number;
    if (byte >= 128) return null;
    this.#at++;
    return byte;
  }

  float(): number {
    const at = this.#take(4);
    this.#view ??= viewOf(this.#bytes);
    return this.#view.getFloat32(at - this.#start, true);
  }

  double(): number {
    const at = this.#take(8);
    this.#view ??= viewOf(this.#bytes);
    return this.#view.getFloat64(at - this.#start, true);
  }

  /** The bytes of a length-delimited field, not copied. */
  bytes(): Uint8Array {
    const length = this.#lengthOf();
    const at = this.#take(length);
    return this.#bytes.subarray(at - this.#start, at - this.#start + length);
  }

  /** A length-delimited field whose bytes may not have been read. */
  payload(): Payload {
    const length = this.#lengthOf();
    const offset = this.#at;
    this.#at += length;
    const segment = find(this.#sparse, offset, length);
    const from = offset - (segment?.start ?? 0);
    return { offset, length, bytes: segment ? segment.bytes.subarray(from, from + length) : null };
  }

  string(): string {
    const length = this.#lengthOf();
    const at = this.#take(length);
    return readName(this.#bytes, at - this.#start, length);
  }

  /** A cursor over an embedded message. */
  message(): Cursor {
    return this.within(this.span());
  }

  /** Where an embedded message lies: much smaller than a cursor, for lists of a million messages to be read later. */
  span(): Span {
    const length = this.#lengthOf();
    const start = this.#at;
    this.#at += length;
    return { start, end: this.#at };
  }

  /** A cursor over a message of the same file. */
  within({ start, end }: Span): Cursor {
    return new Cursor(this.#sparse, start, end, { start: this.#start, bytes: this.#bytes });
  }

  /** Steps over the field that `next` found. */
  skip(): void {
    if (this.wire === 0) this.#skipVarint();
    else if (this.wire === 1) this.#take(8);
    else if (this.wire === 2) this.payload();
    else if (this.wire === 5) this.#take(4);
    else throw this.damaged(`wire type ${this.wire}, which ends no field here`);
  }

  /** Steps over the field that `next` found and hands out all of it, tag included; null where it was left in the file. */
  take(): Uint8Array | null {
    this.skip();
    const segment = find(this.#sparse, this.#tag, this.#at - this.#tag);
    // slice() of a Buffer would be a part of it, and not a copy.
    return segment
      ? new Uint8Array(segment.bytes.subarray(this.#tag - segment.start, this.#at - segment.start))
      : null;
  }

  /** All of this message, not copied; null where a part of it was left in the file. */
  whole(): Uint8Array | null {
    const segment = find(this.#sparse, this.#first, this.#end - this.#first);
    return segment ? segment.bytes.subarray(this.#first - segment.start, this.#end - segment.start) : null;
  }

  /** Begins the message again. */
  rewind(): void {
    this.#at = this.#first;
  }

  /** @throws MODEL_PROTOBUF_DAMAGED unless the field has this wire type */
  expect(wire: number): void {
    if (this.wire !== wire)
      throw this.damaged(`wire type ${this.wire} in field ${this.field}, where ${wire} belongs`);
  }

  #skipVarint(): void {
    for (let count = 0; count < 10; count++) if (this.#byte() < 128) return;
    throw this.damaged("a number of more than ten bytes");
  }

  #lengthOf(): number {
    const length = this.varint();
    if (length > this.#end - this.#at) {
      throw this.damaged(`a length of ${length} bytes where ${this.#end - this.#at} are left`);
    }
    return length;
  }

  #take(length: number): number {
    if (length > this.#end - this.#at) throw this.damaged("a field that is cut off");
    const at = this.#at;
    if (at < this.#start || at + length > this.#stop) this.#seek(at, length);
    this.#at += length;
    return at;
  }

  #seek(at: number, length: number): void {
    const segment = find(this.#sparse, at, length);
    if (!segment) throw this.damaged("bytes that belong to a weight and to something else");
    this.#bytes = segment.bytes;
    this.#view = null;
    this.#start = segment.start;
    this.#stop = segment.start + segment.bytes.byteLength;
  }

  damaged(problem: string) {
    const { file } = this.#sparse;
    return fail("MODEL_PROTOBUF_DAMAGED", { file, problem }, { where: `${file}, byte ${this.#at}` });
  }
}

const EMPTY = new Uint8Array(0);

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The segment that holds the whole range. */
function find(sparse: Sparse, at: number, length: number): Segment | undefined {
  const { segments } = sparse;
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((segments[middle] as Segment).start <= at) low = middle + 1;
    else high = middle;
  }
  const segment = segments[low - 1];
  return segment && at + length <= segment.start + segment.bytes.byteLength ? segment : undefined;
}
