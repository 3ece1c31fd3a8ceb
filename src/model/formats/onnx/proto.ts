import type { DType } from "../../tensor/dtype.ts";
import { DTYPES } from "../../tensor/dtype.ts";
import { Encoder } from "../../wire/encode.ts";
import type { Cursor } from "../../wire/protobuf.ts";
import type { SkimPlan } from "../../wire/sparse.ts";

/**
 * Field numbers of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, IR version 13) that more than one
 * file here needs. The others stand in the file that reads them.
 */

/** Where weights may hide, so that they stay in the file. */
export const PLAN: SkimPlan = {
  model: { 7: "graph", 20: "training", 25: "function" },
  training: { 1: "graph", 2: "graph" },
  function: { 7: "node", 11: "attribute" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: { 4: "bulk", 5: "bulk", 6: "bulk", 7: "bulk", 9: "bulk", 10: "bulk", 11: "bulk" },
};

const BY_NUMBER = new Map<number, DType>(
  Object.entries(DTYPES).map(([name, { onnx }]) => [onnx, name as DType]),
);

/** The element type of a TensorProto.DataType; undefined for numbers that no version of ONNX knows. */
export function dtypeOf(number: number): DType | undefined {
  return BY_NUMBER.get(number);
}

/** Repeated integers, packed or not. */
export function readInts(cursor: Cursor, into: bigint[]): void {
  if (cursor.wire === 0) {
    into.push(cursor.int64());
    return;
  }
  cursor.expect(2);
  const packed = cursor.message();
  while (packed.length > 0) into.push(packed.int64());
}

/** Repeated integers as numbers: exact up to 2^53, and lengths are refused far below. */
export function readLengths(cursor: Cursor, into: number[]): void {
  if (cursor.wire === 0) {
    into.push(cursor.integer());
    return;
  }
  cursor.expect(2);
  const packed = cursor.message();
  while (packed.length > 0) into.push(packed.integer());
}

/** Repeated 32-bit floats, packed or not. */
export function readFloats(cursor: Cursor, into: number[]): void {
  if (cursor.wire === 5) {
    into.push(cursor.float());
    return;
  }
  cursor.expect(2);
  const packed = cursor.message();
  while (packed.length > 0) into.push(packed.float());
}

/** The fields of a message that are not understood, on their way into the graph. */
export class Unknown {
  /** Made for the first: most messages hold nothing else than what is known. */
  #fields: { readonly field: number; readonly bytes: Uint8Array }[] | null = null;

  get isEmpty(): boolean {
    return this.#fields === null;
  }

  #add(field: number, bytes: Uint8Array): void {
    this.#fields ??= [];
    this.#fields.push({ field, bytes });
  }

  /** Keeps the field that the cursor found, and steps over it. */
  keep(cursor: Cursor): void {
    const { field } = cursor;
    const bytes = cursor.take();
    if (bytes) this.#add(field, bytes);
  }

  /** Keeps a field that is understood but has no place in the graph, or what is not understood of the message in a field. */
  bytes(field: number, value: Uint8Array): void {
    const encoder = new Encoder(value.byteLength + 20);
    encoder.bytes(field, value);
    this.#add(field, encoder.bytesSoFar());
  }

  /** Keeps a message that is not understood at all. */
  message(field: number, message: Cursor): void {
    const content = message.whole();
    if (content) this.bytes(field, content);
  }

  int(field: number, value: bigint): void {
    const encoder = new Encoder(20);
    encoder.int(field, value);
    this.#add(field, encoder.bytesSoFar());
  }

  /** In the order of their numbers: protobuf gives them no other, and so the same fields are the same bytes. */
  get whole(): Uint8Array {
    const fields = [...(this.#fields ?? [])].sort((a, b) => a.field - b.field);
    const whole = new Uint8Array(fields.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
    let at = 0;
    for (const { bytes } of fields) {
      whole.set(bytes, at);
      at += bytes.byteLength;
    }
    return whole;
  }
}

/** What was kept as a property; none where there is nothing. */
export function unknownOf(unknown: Unknown | undefined): { unknown?: Uint8Array } {
  return unknown && !unknown.isEmpty ? { unknown: unknown.whole } : {};
}

/** StringStringEntryProto into a map. Of two with one key the last counts, and the first is kept as it is. */
export function readEntry(cursor: Cursor, into: Map<string, string>, unknown: Unknown): void {
  const { field } = cursor;
  cursor.expect(2);
  const { key, value } = readPair(cursor.message());
  const before = into.get(key);
  if (before !== undefined) unknown.bytes(field, encodePair(key, before));
  into.set(key, value);
}

/** StringStringEntryProto. */
export function readPair(entry: Cursor): { key: string; value: string } {
  let key = "";
  let value = "";
  while (entry.next()) {
    if (entry.field === 1 && entry.wire === 2) key = entry.string();
    else if (entry.field === 2 && entry.wire === 2) value = entry.string();
    else entry.skip();
  }
  return { key, value };
}

/** The content of a StringStringEntryProto. */
export function encodePair(key: string, value: string): Uint8Array {
  const encoder = new Encoder(20 + 3 * (key.length + value.length));
  encoder.string(1, key);
  encoder.string(2, value);
  return encoder.bytesSoFar();
}
