import { removeAttribute, setAttribute } from "../../graph/attributes.ts";
import type { Attribute, Defect, Graph, Node } from "../../graph/graph.ts";
import { nameText } from "../../graph/label.ts";
import type { Cursor } from "../../wire/protobuf.ts";
import { readFloats, readInts, Unknown, unknownOf } from "./proto.ts";
import { type Context, readTensor } from "./tensor.ts";
import { readType } from "./type.ts";
import { readSparse } from "./value.ts";

/** What the values of attributes are read with. */
export interface AttributeScope {
  readonly context: Context;
  /** A graph inside the one at hand. */
  readGraph(cursor: Cursor): Graph;
}

type Kind = Exclude<Attribute["kind"], "reference">;

interface Row {
  readonly kind: Kind;
  /** Field of AttributeProto. */
  readonly field: number;
  readonly isList: boolean;
  /** What no field at all means: proto3 writes none for 0, 0.0 and "". */
  readonly zero?: unknown;
  read(cursor: Cursor, into: unknown[], scope: AttributeScope, wrong: Wrong): void;
}

type Wrong = (kind: Defect["kind"], text: string) => void;

const floats: Row["read"] = (cursor, into) => readFloats(cursor, into as number[]);
const ints: Row["read"] = (cursor, into) => readInts(cursor, into as bigint[]);
/** Not a part of the file's own bytes: one attribute would hold all of them in memory. */
const bytes: Row["read"] = (cursor, into) => into.push(new Uint8Array(cursor.bytes()));
const tensor: Row["read"] = (cursor, into, scope) => into.push(readTensor(cursor.message(), scope.context));
const graph: Row["read"] = (cursor, into, scope) => into.push(scope.readGraph(cursor.message()));
const sparse: Row["read"] = (cursor, into, scope) => into.push(readSparse(cursor.message(), scope.context));
const type: Row["read"] = (cursor, into, _scope, wrong) =>
  into.push(
    readType(cursor.message(), (kind, text) => wrong(kind, `In a type that is an attribute ${text}.`)),
  );

/** By AttributeProto.AttributeType. */
const ROWS: Readonly<Record<number, Row>> = {
  1: { kind: "float", field: 2, isList: false, zero: 0, read: floats },
  2: { kind: "int", field: 3, isList: false, zero: 0n, read: ints },
  3: { kind: "string", field: 4, isList: false, zero: new Uint8Array(0), read: bytes },
  4: { kind: "tensor", field: 5, isList: false, read: tensor },
  5: { kind: "graph", field: 6, isList: false, read: graph },
  6: { kind: "floats", field: 7, isList: true, read: floats },
  7: { kind: "ints", field: 8, isList: true, read: ints },
  8: { kind: "strings", field: 9, isList: true, read: bytes },
  9: { kind: "tensors", field: 10, isList: true, read: tensor },
  10: { kind: "graphs", field: 11, isList: true, read: graph },
  11: { kind: "sparse", field: 22, isList: false, read: sparse },
  12: { kind: "sparses", field: 23, isList: true, read: sparse },
  13: { kind: "type", field: 14, isList: false, read: type },
  14: { kind: "types", field: 15, isList: true, read: type },
};

const BY_FIELD: ReadonlyMap<number, Row> = new Map(Object.values(ROWS).map((row) => [row.field, row]));

/** The wire types that a field may have: two for lists that may be packed. */
const WIRES: Readonly<Record<number, readonly number[]>> = { 2: [5], 3: [0], 7: [5, 2], 8: [0, 2] };
const MESSAGE = [2];

function isContent(cursor: Cursor): boolean {
  return BY_FIELD.has(cursor.field) && (WIRES[cursor.field] ?? MESSAGE).includes(cursor.wire);
}

/** What an AttributeProto says of itself, whatever it holds. */
interface Head {
  name: string;
  doc?: string;
  /** AttributeType; 0 in files before IR version 2. */
  declared: number;
  reference: string;
  /** What kinds of content are there, in the order of their fields. */
  contents: Row[];
}

/**
 * AttributeProto into the attributes of a node. The declared type tells which field counts; old files leave it out, and then
 * the field that is there does.
 * @returns false where it is not understood
 */
export function readAttribute(cursor: Cursor, node: Node, scope: AttributeScope): boolean {
  if (readPlain(cursor, node, scope)) return true;
  cursor.rewind();
  const unknown = new Unknown();
  const head = readHead(cursor, unknown);
  const { name, doc, declared, reference, contents } = head;
  const wrong: Wrong = (kind, text) =>
    scope.context.defects.add({ kind, graph: node.graph, node, attribute: name, text });
  const row = declared === 0 ? contents[0] : ROWS[declared];
  cursor.rewind();
  const value = reference === "" && row ? readValue(cursor, row, scope, wrong, unknown) : undefined;
  const other = contents.find((each) => each !== row);
  const holds = other ? ` and holds ${other.kind}` : "";
  if ((declared !== 0 && !row) || (other && reference === "")) {
    const kind = row?.kind ?? `type ${declared}, which is none of ONNX`;
    const is = declared === 0 ? "is" : "is declared as";
    wrong("attribute-mistyped", `The attribute ${nameText(name)} ${is} ${kind}${holds}.`);
  }
  if (reference === "" && value === undefined) {
    if (declared === 0 || row) wrong("attribute-empty", `The attribute ${nameText(name)} has no value.`);
    return false;
  }
  if (reference !== "") keepContent(cursor, unknown);
  const attribute: Record<string, unknown> =
    reference === "" ? { kind: row?.kind, value } : { kind: "reference", value: reference };
  if (reference !== "" && row) attribute.of = row.kind;
  if (doc !== undefined) attribute.doc = doc;
  Object.assign(attribute, unknownOf(unknown));
  const before = node.attributes.get(name);
  if (before) {
    wrong("attribute-twice", `The attribute ${nameText(name)} stands there twice.`);
    node.shadowed ??= [];
    node.shadowed.push([name, before]);
    removeAttribute(node, name);
  }
  setAttribute(node, name, attribute as unknown as Attribute);
  return true;
}

/**
 * A name, a type and one value that is of it, in one go and with nothing made beside what stays: ten million of them are read in
 * half the time.
 * @returns false where the attribute holds anything else; then nothing was done
 */
function readPlain(cursor: Cursor, node: Node, { context }: AttributeScope): boolean {
  let name: string | null = null;
  let declared = 0;
  let row: Row | undefined;
  let value: number | bigint | Cursor = 0;
  while (cursor.next()) {
    const { field, wire } = cursor;
    if (field === 1 && wire === 2 && name === null) name = cursor.string();
    else if (field === 20 && wire === 0 && declared === 0) declared = cursor.int32();
    else if (row) return false;
    else if (field === 2 && wire === 5) value = cursor.float();
    else if (field === 3 && wire === 0) value = cursor.int64();
    else if (field === 5 && wire === 2) value = cursor.message();
    else return false;
    if (field < 20 && field > 1) row = BY_FIELD.get(field);
  }
  if (!row || name === null || ROWS[declared] !== row) return false;
  if (node.attributes.has(name)) return false;
  const attribute: Attribute =
    typeof value === "object"
      ? { kind: "tensor", value: readTensor(value, context) }
      : numberAttribute(value);
  setAttribute(node, name, attribute);
  return true;
}

/** A power of two. */
const SLOTS = 1_024;

/** The numbers that were read last, each in the place that it gives itself: attributes never change, and so nodes may share them. */
const recent: (Attribute | undefined)[] = new Array(SLOTS).fill(undefined);

function numberAttribute(value: number | bigint): Attribute {
  const slot = Math.abs(Math.trunc(Number(value) * 8)) % SLOTS || 0;
  const known = recent[slot];
  // 0 and -0 are two, and there are many NaN.
  if (known?.value === value && (value !== 0 || Object.is(known.value, value))) return known;
  const made: Attribute = typeof value === "bigint" ? { kind: "int", value } : { kind: "float", value };
  recent[slot] = made;
  return made;
}

function readHead(cursor: Cursor, unknown: Unknown): Head {
  const head: Head = { name: "", declared: 0, reference: "", contents: [] };
  while (cursor.next()) {
    const { field, wire } = cursor;
    if (field === 1 && wire === 2) head.name = cursor.string();
    else if (field === 13 && wire === 2) head.doc = cursor.string();
    else if (field === 20 && wire === 0) head.declared = cursor.int32();
    else if (field === 21 && wire === 2) head.reference = cursor.string();
    else if (isContent(cursor)) {
      const row = BY_FIELD.get(field);
      if (row && !head.contents.includes(row)) head.contents.push(row);
      cursor.skip();
    } else unknown.keep(cursor);
  }
  return head;
}

/** The content of one kind; undefined where there is none that is understood. What other fields hold is kept. */
function readValue(cursor: Cursor, row: Row, scope: AttributeScope, wrong: Wrong, unknown: Unknown): unknown {
  const values: unknown[] = [];
  while (cursor.next()) {
    if (!isContent(cursor)) cursor.skip();
    else if (cursor.field === row.field) row.read(cursor, values, scope, wrong);
    else unknown.keep(cursor);
  }
  if (row.isList) return values.includes(null) ? undefined : values;
  return values.at(-1) ?? row.zero;
}

function keepContent(cursor: Cursor, unknown: Unknown): void {
  while (cursor.next()) {
    if (isContent(cursor)) unknown.keep(cursor);
    else cursor.skip();
  }
}
