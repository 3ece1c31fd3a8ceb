import { encodeText } from "./text.ts";

/** What a message is made of: its own bytes, and payloads that stand elsewhere until somebody asks. */
export interface Encoded<T> {
  /** Bytes of the whole message, payloads included. */
  readonly size: number;
  /** Bytes and payloads in the order of the file. The bytes are not copied. */
  parts(): Generator<Uint8Array | T>;
}

/**
 * Writes the protobuf wire format (https://protobuf.dev/programming-guides/encoding) into memory. Payloads of gigabytes
 * are only counted: the lengths of the messages around them are right although their bytes are not here.
 */
export class Encoder<T = never> {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;
  /** Payloads: where they belong among the bytes, and their lengths together so far. */
  readonly #payloads: T[] = [];
  readonly #places: number[] = [];
  #outside = 0;
  /** Open messages: start of the body, `#outside` there, number of payloads before it. Three numbers each. */
  readonly #open: number[] = [];

  /** @param capacity bytes to begin with; it grows */
  constructor(capacity = 64 * 1024) {
    const bytes = new Uint8Array(capacity);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  /** Begins an embedded message; every field until `close` is its own. */
  open(field: number): void {
    this.#tag(field, 2);
    // Most messages are short: one byte for the length is nearly always right.
    this.#reserve(1);
    this.#at++;
    this.#open.push(this.#at, this.#outside, this.#places.length);
  }

  close(): void {
    const places = this.#open.pop() as number;
    const outside = this.#open.pop() as number;
    const start = this.#open.pop() as number;
    const inside = this.#at - start;
    const length = inside + this.#outside - outside;
    const more = sizeOf(length) - 1;
    if (more > 0) {
      this.#reserve(more);
      this.#bytes.copyWithin(start + more, start, this.#at);
      for (let i = places; i < this.#places.length; i++) this.#places[i] = (this.#places[i] as number) + more;
    }
    this.#at = start - 1;
    this.#varint(length);
    this.#at += inside;
  }

  /** A varint below 2^53: uint64, enum, and int64 or int32 that are not negative. */
  uint(field: number, value: number): void {
    this.#tag(field, 0);
    this.#reserve(10);
    this.#varint(value);
  }

  /** int64, or int32 and enums that may be negative: those take ten bytes. */
  int(field: number, value: bigint): void {
    this.#tag(field, 0);
    this.#int(value);
  }

  /** Repeated int64 without packing, as proto2 writes them. */
  ints(field: number, values: readonly bigint[]): void {
    for (const value of values) this.int(field, value);
  }

  float(field: number, value: number): void {
    this.#tag(field, 5);
    this.#reserve(4);
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  floats(field: number, values: readonly number[]): void {
    for (const value of values) this.float(field, value);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, 2);
    this.#reserve(10 + value.byteLength);
    this.#varint(value.byteLength);
    this.#bytes.set(value, this.#at);
    this.#at += value.byteLength;
  }

  string(field: number, value: string): void {
    this.#tag(field, 2);
    // UTF-8 has at most three bytes for each unit of UTF-16.
    this.#reserve(10 + value.length * 3);
    const start = this.#at + sizeOf(value.length);
    const length = encodeText(value, this.#bytes, start);
    const shift = sizeOf(length) - sizeOf(value.length);
    if (shift > 0) this.#bytes.copyWithin(start + shift, start, start + length);
    this.#varint(length);
    this.#at += length;
  }

  /** Whole fields as they stand: tags, lengths and all. */
  raw(fields: Uint8Array): void {
    this.#reserve(fields.byteLength);
    this.#bytes.set(fields, this.#at);
    this.#at += fields.byteLength;
  }

  /** A field of bytes that are not here. */
  payload(field: number, length: number, source: T): void {
    this.#tag(field, 2);
    this.#reserve(10);
    this.#varint(length);
    this.#payloads.push(source);
    this.#places.push(this.#at);
    this.#outside += length;
  }

  /** What was written, without payloads; not copied. */
  bytesSoFar(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  finish(): Encoded<T> {
    const bytes = this.#bytes.subarray(0, this.#at);
    const places = this.#places;
    const payloads = this.#payloads;
    return {
      size: this.#at + this.#outside,
      *parts() {
        let at = 0;
        for (const [i, place] of places.entries()) {
          yield bytes.subarray(at, place);
          yield payloads[i] as T;
          at = place;
        }
        yield bytes.subarray(at);
      },
    };
  }

  #tag(field: number, wire: number): void {
    this.#reserve(5);
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  #int(value: bigint): void {
    this.#reserve(10);
    if (value >= 0n && value <= MAX_SAFE) {
      this.#varint(Number(value));
      return;
    }
    let rest = BigInt.asUintN(64, value);
    while (rest >= 128n) {
      this.#bytes[this.#at++] = Number(rest & 127n) + 128;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** Bytes of a varint. */
function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}
