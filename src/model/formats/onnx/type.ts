import type { ValueType } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Dim } from "../../tensor/tensor.ts";
import type { Cursor } from "../../wire/index.ts";
import { dtypeOf } from "./proto.ts";

/** Sequences of optionals of sequences …: real types nest three deep at most. */
const MAX_TYPE_DEPTH = 16;

/** Hears what is wrong with a type and could be read around. */
export type TypeDefect = (
  kind: "dimension-negative" | "dimension-huge" | "type-unknown",
  text: string,
) => void;

/** TypeProto. null where it says nothing. @throws MODEL_PROTOBUF_DAMAGED */
export function readType(cursor: Cursor, wrong: TypeDefect, depth = 0): ValueType | null {
  if (depth > MAX_TYPE_DEPTH) throw cursor.damaged(`types nested deeper than ${MAX_TYPE_DEPTH}`);
  let type: ValueType | null = null;
  let denotation = "";
  while (cursor.next()) {
    const { field } = cursor;
    if (cursor.wire !== 2) cursor.skip();
    else if (field === 1) type = readTensorType(cursor.message(), "tensor", wrong);
    else if (field === 8) type = readTensorType(cursor.message(), "sparse", wrong);
    else if (field === 4)
      type = { kind: "sequence", element: readElement(cursor.message(), 1, wrong, depth) };
    else if (field === 9)
      type = { kind: "optional", element: readElement(cursor.message(), 1, wrong, depth) };
    else if (field === 5) type = readMap(cursor.message(), wrong, depth);
    else if (field === 7) type = readOpaque(cursor.message());
    else if (field === 6) denotation = cursor.string();
    else cursor.skip();
  }
  return type?.kind === "tensor" && denotation !== "" ? { ...type, denotation } : type;
}

function readTensorType(cursor: Cursor, kind: "tensor" | "sparse", wrong: TypeDefect): ValueType | null {
  let dtype: DType | undefined;
  let shape: Dim[] | null = null;
  const denotations: (string | null)[] = [];
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 0) dtype = elementType(cursor.int32(), wrong);
    else if (cursor.field === 2 && cursor.wire === 2) {
      shape = [];
      const dims = cursor.message();
      while (dims.next()) {
        if (dims.field === 1 && dims.wire === 2) readDim(dims.message(), shape, denotations, wrong);
        else dims.skip();
      }
    } else cursor.skip();
  }
  if (dtype === undefined) return null;
  if (kind === "sparse") return { kind, dtype, shape };
  return denotations.some((each) => each !== null)
    ? { kind, dtype, shape, dimDenotations: denotations }
    : { kind, dtype, shape };
}

/** 0 says nothing, which is no fault of its own. */
function elementType(number: number, wrong: TypeDefect): DType | undefined {
  const dtype = dtypeOf(number);
  if (dtype === undefined && number !== 0)
    wrong("type-unknown", `${number} is no element type that this version knows`);
  return dtype;
}

/** A length, a symbol, or nothing. Negative lengths are how some exporters write "unknown". */
function readDim(cursor: Cursor, shape: Dim[], denotations: (string | null)[], wrong: TypeDefect): void {
  let dim: Dim = null;
  let denotation: string | null = null;
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 0) {
      const value = Number(cursor.int64());
      dim = Number.isSafeInteger(value) && value >= 0 ? value : null;
      if (value < 0) wrong("dimension-negative", `dimension ${shape.length} is ${value}`);
      else if (dim === null) wrong("dimension-huge", `dimension ${shape.length} is ${value}`);
    } else if (cursor.field === 2 && cursor.wire === 2) dim = cursor.string() || null;
    else if (cursor.field === 3 && cursor.wire === 2) denotation = cursor.string() || null;
    else cursor.skip();
  }
  shape.push(dim);
  denotations.push(denotation);
}

function readElement(cursor: Cursor, field: number, wrong: TypeDefect, depth: number): ValueType | null {
  let element: ValueType | null = null;
  while (cursor.next()) {
    if (cursor.field === field && cursor.wire === 2) element = readType(cursor.message(), wrong, depth + 1);
    else cursor.skip();
  }
  return element;
}

function readMap(cursor: Cursor, wrong: TypeDefect, depth: number): ValueType | null {
  let key: DType | undefined;
  let value: ValueType | null = null;
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 0) key = elementType(cursor.int32(), wrong);
    else if (cursor.field === 2 && cursor.wire === 2) value = readType(cursor.message(), wrong, depth + 1);
    else cursor.skip();
  }
  return key === undefined ? null : { kind: "map", key, value };
}

function readOpaque(cursor: Cursor): ValueType {
  let domain = "";
  let name = "";
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 2) domain = cursor.string();
    else if (cursor.field === 2 && cursor.wire === 2) name = cursor.string();
    else cursor.skip();
  }
  return { kind: "opaque", domain, name };
}
