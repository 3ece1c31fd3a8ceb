import type { Graph, Redeclaration, SparseTensor, Value, ValueType } from "../../graph/graph.ts";
import { nameText } from "../../graph/label.ts";
import { sameEntries, sameType } from "../../graph/same.ts";
import { elementCount } from "../../tensor/elements.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Cursor } from "../../wire/protobuf.ts";
import { readEntry, readInts, Unknown, unknownOf } from "./proto.ts";
import { type Context, readTensor } from "./tensor.ts";
import { readType } from "./type.ts";

/** The value of a graph under a name; a new one where there is none yet. */
export function valueNamed(graph: Graph, name: string): Value {
  let value = graph.values.get(name);
  if (!value) {
    value = { name, graph, type: null, producer: null, uses: [], constant: null };
    graph.values.set(name, value);
  }
  return value;
}

/** The name in a ValueInfoProto. */
export function nameOf(info: Cursor): string {
  let name = "";
  while (info.next()) {
    if (info.field === 1 && info.wire === 2) name = info.string();
    else info.skip();
  }
  return name;
}

/** ValueInfoProto, as an input, an output or one of value_info. */
export function readValueInfo(
  cursor: Cursor,
  graph: Graph,
  place: Redeclaration["place"],
  context: Context,
): Value {
  const { name, ...said } = readInfo(cursor, graph, place, context);
  const before = graph.values.get(name);
  if (before) {
    if (before.constant) checkDeclared(before, said.type, before.constant, context);
    redeclare(before, said);
    return before;
  }
  const value = valueNamed(graph, name);
  const { type, doc, metadata, unknown } = said;
  value.type = type;
  return Object.assign(value, doc && { doc }, metadata && { metadata }, unknown && { unknown });
}

/** A value_info of a value of a graph around this one, as exporters write them: it makes it no value of this one. */
export function describe(cursor: Cursor, value: Value, graph: Graph, context: Context): void {
  const { name: _, ...said } = readInfo(cursor, graph, "info", context);
  graph.described ??= [];
  graph.described.push({ value, said });
}

type Info = Redeclaration & { readonly name: string; readonly type: ValueType | null };

function readInfo(cursor: Cursor, graph: Graph, place: Redeclaration["place"], context: Context): Info {
  let name = "";
  let type: ValueType | null = null;
  let doc = "";
  let metadata: Map<string, string> | undefined;
  const wrong: { kind: "dimension-negative" | "dimension-huge" | "type-unknown"; text: string }[] = [];
  const unknown = new Unknown();
  while (cursor.next()) {
    if (cursor.wire !== 2) unknown.keep(cursor);
    else if (cursor.field === 1) name = cursor.string();
    else if (cursor.field === 2) {
      const message = cursor.message();
      type = readType(message, (kind, text) => wrong.push({ kind, text }));
      if (!type && message.whole()?.byteLength) unknown.message(2, message);
    } else if (cursor.field === 3) doc = cursor.string();
    else if (cursor.field === 4) {
      metadata ??= new Map();
      readEntry(cursor, metadata, unknown);
    } else unknown.keep(cursor);
  }
  for (const { kind, text } of wrong)
    context.defects.add({ kind, graph, value: name, text: `In the type of ${nameText(name)} ${text}.` });
  return { name, place, type, ...(doc && { doc }), ...(metadata && { metadata }), ...unknownOf(unknown) };
}

/** One more declaration. What it says alone becomes the value's; what it says otherwise is kept beside. */
function redeclare(value: Value, { place, type = null, doc, metadata, unknown }: Redeclaration): void {
  value.type ??= type;
  if (doc !== undefined) value.doc ??= doc;
  if (metadata) value.metadata ??= metadata;
  if (unknown) value.unknown ??= unknown;
  const differences = {
    ...(!sameType(type, value.type) && { type }),
    ...(doc !== undefined && doc !== value.doc && { doc }),
    ...(metadata && !sameEntries(metadata, value.metadata) && { metadata }),
    ...(unknown && unknown !== value.unknown && { unknown }),
  };
  // That it stands in value_info at all tells what an input, an output or a constant does not.
  if (place !== "info" && Object.keys(differences).length === 0) return;
  value.redeclared ??= [];
  value.redeclared.push({ place, ...differences });
}

/** An initializer. Of several with one name the last counts, as for the runtime. */
export function addConstant(cursor: Cursor, graph: Graph, context: Context): void {
  const tensor = readTensor(cursor, context);
  const value = valueNamed(graph, tensor.name);
  shadow(value, value.constant, context);
  value.constant = tensor;
  value.type = { kind: "tensor", dtype: tensor.dtype, shape: tensor.shape };
}

/** A sparse initializer. */
export function addSparse(cursor: Cursor, graph: Graph, context: Context): void {
  const sparse = readSparse(cursor, context);
  const value = valueNamed(graph, sparse.values.name);
  shadow(value, value.sparse ?? value.constant, context);
  value.constant = null;
  value.sparse = sparse;
  value.type = { kind: "tensor", dtype: sparse.values.dtype, shape: sparse.shape };
}

function shadow(value: Value, before: Value["constant"] | SparseTensor, context: Context): void {
  if (!before) return;
  value.shadowed ??= [];
  value.shadowed.push(before);
  const { name, graph } = value;
  const text = `The constant ${nameText(name)} stands there twice.`;
  context.defects.add({ kind: "constant-twice", graph, value: name, text });
}

/** Holds what is declared for a constant to the constant. */
function checkDeclared(
  { name, graph }: Value,
  declared: Value["type"],
  { dtype, shape }: LazyTensor,
  context: Context,
): void {
  if (!declared) return;
  const fits =
    declared.kind === "tensor" &&
    declared.dtype === dtype &&
    (declared.shape === null ||
      (declared.shape.length === shape.length &&
        declared.shape.every((dim, i) => typeof dim !== "number" || dim === shape[i])));
  if (fits) return;
  const is = `${dtype} of shape [${shape.join(", ")}]`;
  const text = `The constant ${nameText(name)} is ${is}, which is not what is declared for it.`;
  context.defects.add({ kind: "constant-mistyped", graph, value: name, text });
}

/** SparseTensorProto. */
export function readSparse(cursor: Cursor, context: Context): SparseTensor {
  let values: SparseTensor["values"] | null = null;
  let indices: SparseTensor["indices"] | null = null;
  const dims: bigint[] = [];
  const unknown = new Unknown();
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 2) values = readTensor(cursor.message(), context);
    else if (cursor.field === 2 && cursor.wire === 2) indices = readTensor(cursor.message(), context);
    else if (cursor.field === 3) readInts(cursor, dims);
    else unknown.keep(cursor);
  }
  if (!values || !indices) throw cursor.damaged("a sparse tensor without values or indices");
  const shape = dims.map(Number);
  elementCount(shape, `sparse tensor ${values.name}`, cursor.file);
  return { values, indices, shape, ...unknownOf(unknown) };
}
