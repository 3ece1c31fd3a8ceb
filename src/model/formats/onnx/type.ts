import type { ValueType } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Dim } from "../../tensor/tensor.ts";
import type { Cursor } from "../../wire/protobuf.ts";
import { dtypeOf, Unknown, unknownOf } from "./proto.ts";

/** Sequences of optionals of sequences …: real types nest three deep at most. */
const MAX_TYPE_DEPTH = 16;

/** Hears what is wrong with a type and could be read around. */
export type TypeDefect = (
  kind: "dimension-negative" | "dimension-huge" | "type-unknown",
  text: string,
) => void;

/** What the readers of a type's parts share. */
interface Inside {
  readonly depth: number;
  readonly wrong: TypeDefect;
  /** What is not understood of the message at hand. */
  readonly unknown: Unknown;
}

/** The members of TypeProto's oneof, by field number. */
const CONTENTS: Readonly<Record<number, (cursor: Cursor, inside: Inside) => ValueType | null>> = {
  1: (cursor, inside) => readTensorType(cursor, inside, "tensor"),
  4: (cursor, inside) => ({ kind: "sequence", element: readElement(cursor, inside) }),
  5: readMap,
  7: readOpaque,
  8: (cursor, inside) => readTensorType(cursor, inside, "sparse"),
  9: (cursor, inside) => ({ kind: "optional", element: readElement(cursor, inside) }),
};

/**
 * TypeProto. What is not understood of a message inside is kept as a message of its own with nothing else in it, which
 * protobuf joins with the other one (https://protobuf.dev/programming-guides/encoding/#last-one-wins).
 * @returns null where it says nothing, or nothing that is understood
 * @throws MODEL_PROTOBUF_DAMAGED
 */
export function readType(cursor: Cursor, wrong: TypeDefect, depth = 0): ValueType | null {
  if (depth > MAX_TYPE_DEPTH) throw cursor.damaged(`types nested deeper than ${MAX_TYPE_DEPTH}`);
  let type: ValueType | null = null;
  let denotation = "";
  const unknown = new Unknown();
  while (cursor.next()) {
    const { field } = cursor;
    const content = CONTENTS[field];
    if (cursor.wire === 2 && content) {
      const message = cursor.message();
      const inside: Inside = { depth, wrong, unknown: new Unknown() };
      const found = content(message, inside);
      if (!found) unknown.message(field, message);
      else if (!inside.unknown.isEmpty) unknown.bytes(field, inside.unknown.whole);
      type = found ?? type;
    } else if (cursor.wire === 2 && field === 6) denotation = cursor.string();
    else unknown.keep(cursor);
  }
  if (!type || (denotation === "" && unknown.isEmpty)) return type;
  return { ...type, ...(denotation !== "" && { denotation }), ...unknownOf(unknown) };
}

function readTensorType(cursor: Cursor, inside: Inside, kind: "tensor" | "sparse"): ValueType | null {
  let dtype: DType | undefined;
  let shape: Shape | null = null;
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 0) dtype = elementType(cursor.int32(), inside.wrong);
    else if (cursor.field === 2 && cursor.wire === 2) shape = readShape(cursor.message(), inside);
    else inside.unknown.keep(cursor);
  }
  if (dtype === undefined) return null;
  const type = { kind, dtype, shape: shape?.dims ?? null };
  if (!shape?.denotations && !shape?.unknown) return type;
  return {
    ...type,
    ...(shape.denotations && { dimDenotations: shape.denotations }),
    ...(shape.unknown && { dimsUnknown: shape.unknown }),
  };
}

/** 0 says nothing, which is no fault of its own. */
function elementType(number: number, wrong: TypeDefect): DType | undefined {
  const dtype = dtypeOf(number);
  if (dtype === undefined && number !== 0)
    wrong("type-unknown", `${number} is no element type that this version knows`);
  return dtype;
}

interface Shape {
  readonly dims: Dim[];
  /** Absent where no dimension has one. */
  denotations?: (string | null)[];
  unknown?: (Uint8Array | null)[];
}

/** TensorShapeProto. */
function readShape(cursor: Cursor, { unknown, wrong }: Inside): Shape {
  const shape: Shape = { dims: [] };
  const rest = new Unknown();
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 2) readDim(cursor.message(), shape, wrong);
    else rest.keep(cursor);
  }
  if (!rest.isEmpty) unknown.bytes(2, rest.whole);
  return shape;
}

/** A length, a symbol, or nothing. Negative lengths are how some exporters write "unknown". */
function readDim(cursor: Cursor, shape: Shape, wrong: TypeDefect): void {
  let dim: Dim = null;
  let denotation: string | null = null;
  const unknown = new Unknown();
  while (cursor.next()) {
    const { field, wire } = cursor;
    if (field === 1 && wire === 0) {
      const value = cursor.int64();
      dim = value >= 0n && value <= Number.MAX_SAFE_INTEGER ? Number(value) : null;
      if (dim !== null) continue;
      wrong(
        value < 0n ? "dimension-negative" : "dimension-huge",
        `dimension ${shape.dims.length} is ${value}`,
      );
      unknown.int(1, value);
    } else if (field === 2 && wire === 2) dim = cursor.string() || null;
    else if (field === 3 && wire === 2) denotation = cursor.string() || null;
    else unknown.keep(cursor);
  }
  const at = shape.dims.push(dim) - 1;
  if (denotation !== null || shape.denotations) {
    shape.denotations ??= new Array<null>(at).fill(null);
    shape.denotations.push(denotation);
  }
  if (!unknown.isEmpty || shape.unknown) {
    shape.unknown ??= new Array<null>(at).fill(null);
    shape.unknown.push(unknown.isEmpty ? null : unknown.whole);
  }
}

/** Sequence and Optional. */
function readElement(cursor: Cursor, inside: Inside): ValueType | null {
  let element: ValueType | null = null;
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 2) element = readInner(cursor, inside);
    else inside.unknown.keep(cursor);
  }
  return element;
}

function readMap(cursor: Cursor, inside: Inside): ValueType | null {
  let key: DType | undefined;
  let value: ValueType | null = null;
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 0) key = elementType(cursor.int32(), inside.wrong);
    else if (cursor.field === 2 && cursor.wire === 2) value = readInner(cursor, inside);
    else inside.unknown.keep(cursor);
  }
  return key === undefined ? null : { kind: "map", key, value };
}

/** A type within a type; one that is not understood is kept whole. */
function readInner(cursor: Cursor, { depth, wrong, unknown }: Inside): ValueType | null {
  const { field } = cursor;
  const message = cursor.message();
  const type = readType(message, wrong, depth + 1);
  if (!type) unknown.message(field, message);
  return type;
}

function readOpaque(cursor: Cursor, { unknown }: Inside): ValueType {
  let domain = "";
  let name = "";
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 2) domain = cursor.string();
    else if (cursor.field === 2 && cursor.wire === 2) name = cursor.string();
    else unknown.keep(cursor);
  }
  return { kind: "opaque", domain, name };
}
