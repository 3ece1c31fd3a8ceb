import type { DType } from "../../tensor/dtype.ts";
import { DTYPES } from "../../tensor/index.ts";
import type { Cursor, SkimPlan } from "../../wire/index.ts";

/**
 * Field numbers of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, IR version 13) that more than one
 * file here needs. The others stand in the file that reads them.
 */

/** Where weights may hide, so that they stay in the file. */
export const PLAN: SkimPlan = {
  model: { 7: "graph", 25: "function" },
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

/** StringStringEntryProto into a map. */
export function readEntry(cursor: Cursor, into: Map<string, string>): void {
  cursor.expect(2);
  const entry = cursor.message();
  let key = "";
  let value = "";
  while (entry.next()) {
    if (entry.field === 1 && entry.wire === 2) key = entry.string();
    else if (entry.field === 2 && entry.wire === 2) value = entry.string();
    else entry.skip();
  }
  into.set(key, value);
}
