import { fail } from "../../../base/errors/index.ts";
import type { Attribute, Defect, Graph, Node, SparseTensor, Value } from "../../graph/graph.ts";
import { nameText } from "../../graph/label.ts";
import { elementCount } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Cursor } from "../../wire/index.ts";
import { readEntry, readFloats, readInts } from "./proto.ts";
import { type Context, readTensor } from "./tensor.ts";
import { readType, type TypeDefect } from "./type.ts";

/** Graphs within graphs; real models stay below ten. */
const MAX_SUBGRAPHS = 50;
/** A node takes about a kilobyte: four million fit into Node's default heap on a machine of 8 GB. */
const MAX_NODES = 4_000_000;

/** The graphs around a node, the innermost last; nodes are counted over all of them. */
export interface Scope {
  readonly graphs: readonly Graph[];
  readonly count: { nodes: number };
}

/** GraphProto with its subgraphs. Values of outer graphs are joined to the nodes that read them. */
export function readGraph(cursor: Cursor, context: Context, outer: Scope): Graph {
  if (outer.graphs.length >= MAX_SUBGRAPHS)
    throw cursor.damaged(`graphs nested deeper than ${MAX_SUBGRAPHS}`);
  const parent = outer.graphs.at(-1) ?? null;
  const graph: Graph = { name: "", inputs: [], outputs: [], nodes: [], values: new Map(), parent };
  const scope: Scope = { graphs: [...outer.graphs, graph], count: outer.count };
  // Nodes name values that may be declared later in the message: inputs and constants come first.
  const nodes: Cursor[] = [];
  const infos: Cursor[] = [];
  const outputs: Cursor[] = [];
  while (cursor.next()) {
    const { field } = cursor;
    if (cursor.wire !== 2) cursor.skip();
    else if (field === 1) nodes.push(cursor.message());
    else if (field === 2) graph.name = cursor.string();
    else if (field === 5) addConstant(cursor.message(), graph, context);
    else if (field === 10) graph.doc = cursor.string();
    else if (field === 11) graph.inputs.push(readValueInfo(cursor.message(), graph, context));
    else if (field === 12) outputs.push(cursor.message());
    else if (field === 13) infos.push(cursor.message());
    else if (field === 15) addSparse(cursor.message(), graph, context);
    else if (field === 16) {
      graph.metadata ??= new Map();
      readEntry(cursor, graph.metadata);
    } else cursor.skip();
  }
  scope.count.nodes += nodes.length;
  if (scope.count.nodes > MAX_NODES)
    throw fail("MODEL_TOO_MANY_NODES", { limit: MAX_NODES }, { where: cursor.file });
  readNodes(nodes, graph, context, scope);
  for (const output of outputs) graph.outputs.push(readValueInfo(output, graph, context));
  // Last: exporters describe values of outer graphs in inner ones too, which makes them no values of the inner one.
  for (const info of infos) readDescription(info, graph, scope, context);
  return graph;
}

/** A body of nodes; also that of a function. */
export function readNodes(nodes: readonly Cursor[], graph: Graph, context: Context, scope: Scope): void {
  // What a graph computes is its own, wherever in the file the node stands that computes it.
  for (const each of nodes) declareOutputs(each.copy(), graph);
  for (const each of nodes) graph.nodes.push(readNode(each, graph, context, scope));
}

function declareOutputs(node: Cursor, graph: Graph): void {
  while (node.next()) {
    if (node.field !== 2 || node.wire !== 2) node.skip();
    else {
      const name = node.string();
      if (name !== "") valueNamed(graph, name);
    }
  }
}

export function valueNamed(graph: Graph, name: string): Value {
  let value = graph.values.get(name);
  if (!value) {
    value = { name, graph, type: null, producer: null, uses: [], constant: null };
    graph.values.set(name, value);
  }
  return value;
}

/** The value that a node of the innermost graph means by a name: the nearest one that is declared or computed. */
function lookUp(scope: Scope, name: string): Value {
  const { graphs } = scope;
  for (let i = graphs.length - 1; i >= 0; i--) {
    const value = (graphs[i] as Graph).values.get(name);
    if (value) return value;
  }
  // Nobody declared it: kept, so that a check can name it.
  return valueNamed(graphs.at(-1) as Graph, name);
}

function readNode(cursor: Cursor, graph: Graph, context: Context, scope: Scope): Node {
  const node: Node = {
    domain: "",
    op: "",
    overload: "",
    name: "",
    inputs: [],
    outputs: [],
    attributes: new Map(),
    graph,
  };
  while (cursor.next()) {
    const { field } = cursor;
    if (cursor.wire !== 2) cursor.skip();
    else if (field === 1) {
      const name = cursor.string();
      if (name === "") node.inputs.push(null);
      else {
        const value = lookUp(scope, name);
        value.uses.push({ node, index: node.inputs.length });
        node.inputs.push(value);
      }
    } else if (field === 2) {
      const name = cursor.string();
      if (name === "") node.outputs.push(null);
      else {
        const value = valueNamed(graph, name);
        if (value.producer || value.constant) context.notes.add(`the value ${name} is computed twice`);
        value.producer ??= node;
        node.outputs.push(value);
      }
    } else if (field === 3) node.name = cursor.string();
    else if (field === 4) node.op = cursor.string();
    else if (field === 5) readAttribute(cursor.message(), node, context, scope);
    else if (field === 6) node.doc = cursor.string();
    else if (field === 7) {
      const domain = cursor.string();
      node.domain = domain === "ai.onnx" ? "" : domain;
    } else if (field === 8) node.overload = cursor.string();
    else if (field === 9) {
      node.metadata ??= new Map();
      readEntry(cursor, node.metadata);
    } else cursor.skip();
  }
  return node;
}

/** AttributeProto. Old files leave the type out; then the field that is there tells it. */
function readAttribute(cursor: Cursor, node: Node, context: Context, scope: Scope): void {
  let name = "";
  let declared = 0;
  let value: Attribute | null = null;
  const floats: number[] = [];
  const ints: bigint[] = [];
  const wrongType: TypeDefect = (kind, text) =>
    context.defects.add({ kind, graph: node.graph, node, text: `In a type that is an attribute ${text}.` });
  const lists = { strings: [] as Uint8Array[], tensors: [], graphs: [], types: [], sparses: [] } as Lists;
  while (cursor.next()) {
    const { field, wire } = cursor;
    if (field === 1 && wire === 2) name = cursor.string();
    else if (field === 20 && wire === 0) declared = cursor.int32();
    else if (field === 21 && wire === 2) {
      const reference = cursor.string();
      if (reference !== "") value = { kind: "reference", value: reference };
    } else if (field === 2 && wire === 5) value = { kind: "float", value: cursor.float() };
    else if (field === 3 && wire === 0) value = { kind: "int", value: cursor.int64() };
    else if (field === 4 && wire === 2) value = { kind: "string", value: cursor.bytes() };
    else if (field === 5 && wire === 2)
      value = { kind: "tensor", value: readTensor(cursor.message(), context) };
    else if (field === 6 && wire === 2)
      value = { kind: "graph", value: readGraph(cursor.message(), context, scope) };
    else if (field === 22 && wire === 2)
      value = { kind: "sparse", value: readSparse(cursor.message(), context) };
    else if (field === 14 && wire === 2) {
      const type = readType(cursor.message(), wrongType);
      if (type) value = { kind: "type", value: type };
    } else if (field === 7) readFloats(cursor, floats);
    else if (field === 8) readInts(cursor, ints);
    else if (wire !== 2) cursor.skip();
    else if (field === 9) lists.strings.push(cursor.bytes());
    else if (field === 10) lists.tensors.push(readTensor(cursor.message(), context));
    else if (field === 11) lists.graphs.push(readGraph(cursor.message(), context, scope));
    else if (field === 23) lists.sparses.push(readSparse(cursor.message(), context));
    else if (field === 15) {
      const type = readType(cursor.message(), wrongType);
      if (type) lists.types.push(type);
    } else cursor.skip();
  }
  // proto3 writes no field for 0, 0.0 and "": the declared type tells which of them it is.
  const attribute = value ?? listOf(declared, floats, ints, lists) ?? ZEROS[declared];
  const wrong = (kind: Defect["kind"], text: string) =>
    context.defects.add({ kind, graph: node.graph, node, attribute: name, text });
  if (!attribute) {
    wrong("attribute-empty", `The attribute ${nameText(name)} has no value.`);
    return;
  }
  if (declared !== 0 && attribute.kind !== "reference" && KINDS[declared] !== attribute.kind)
    wrong(
      "attribute-mistyped",
      `The attribute ${nameText(name)} is declared as ${KINDS[declared] ?? `type ${declared}`} and holds ${attribute.kind}.`,
    );
  if (node.attributes.has(name))
    wrong("attribute-twice", `The attribute ${nameText(name)} stands there twice.`);
  node.attributes.set(name, attribute);
}

/** AttributeProto.AttributeType. */
const KINDS: Readonly<Record<number, Attribute["kind"]>> = {
  1: "float",
  2: "int",
  3: "string",
  4: "tensor",
  5: "graph",
  6: "floats",
  7: "ints",
  8: "strings",
  9: "tensors",
  10: "graphs",
  11: "sparse",
  12: "sparses",
  13: "type",
  14: "types",
};

type Lists = {
  strings: Uint8Array[];
  tensors: (Attribute & { kind: "tensors" })["value"][number][];
  graphs: Graph[];
  types: (Attribute & { kind: "types" })["value"][number][];
  sparses: SparseTensor[];
};

const ZEROS: Readonly<Record<number, Attribute>> = {
  1: { kind: "float", value: 0 },
  2: { kind: "int", value: 0n },
  3: { kind: "string", value: new Uint8Array(0) },
};

/** By AttributeProto.AttributeType, or by what is there; an empty list is a list when it is declared. */
function listOf(declared: number, floats: number[], ints: bigint[], lists: Lists): Attribute | null {
  if (declared === 6 || floats.length > 0) return { kind: "floats", value: floats };
  if (declared === 7 || ints.length > 0) return { kind: "ints", value: ints };
  if (declared === 8 || lists.strings.length > 0) return { kind: "strings", value: lists.strings };
  if (declared === 9 || lists.tensors.length > 0) return { kind: "tensors", value: lists.tensors };
  if (declared === 10 || lists.graphs.length > 0) return { kind: "graphs", value: lists.graphs };
  if (declared === 12 || lists.sparses.length > 0) return { kind: "sparses", value: lists.sparses };
  if (declared === 14 || lists.types.length > 0) return { kind: "types", value: lists.types };
  return null;
}

/** A value_info: says more of a value that is declared, computed or read. */
function readDescription(cursor: Cursor, graph: Graph, scope: Scope, context: Context): void {
  const found = nameOf(cursor.copy());
  if (!graph.values.has(found) && scope.graphs.some(({ values }) => values.has(found))) return;
  readValueInfo(cursor, graph, context);
}

function nameOf(info: Cursor): string {
  let name = "";
  while (info.next()) {
    if (info.field === 1 && info.wire === 2) name = info.string();
    else info.skip();
  }
  return name;
}

function readValueInfo(cursor: Cursor, graph: Graph, context: Context): Value {
  let name = "";
  let type: Value["type"] = null;
  let doc: string | undefined;
  let metadata: Map<string, string> | undefined;
  const wrong: Defect[] = [];
  while (cursor.next()) {
    if (cursor.wire !== 2) cursor.skip();
    else if (cursor.field === 1) name = cursor.string();
    else if (cursor.field === 2)
      type = readType(cursor.message(), (kind, text) => wrong.push({ kind, graph, text }));
    else if (cursor.field === 3) doc = cursor.string();
    else if (cursor.field === 4) {
      metadata ??= new Map();
      readEntry(cursor, metadata);
    } else cursor.skip();
  }
  for (const defect of wrong)
    context.defects.add({ ...defect, value: name, text: `In the type of ${nameText(name)} ${defect.text}.` });
  const value = valueNamed(graph, name);
  if (value.constant) checkDeclared(value, type, value.constant, context);
  value.type ??= type;
  if (doc) value.doc = doc;
  if (metadata) value.metadata = metadata;
  return value;
}

function addConstant(cursor: Cursor, graph: Graph, context: Context): void {
  const tensor = readTensor(cursor, context);
  const value = valueNamed(graph, tensor.name);
  constantTwice(value, context);
  checkDeclared(value, value.type, tensor, context);
  value.constant = tensor;
  value.type ??= { kind: "tensor", dtype: tensor.dtype, shape: tensor.shape };
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

function constantTwice({ name, graph, constant, sparse }: Value, context: Context): void {
  if (constant || sparse)
    context.defects.add({
      kind: "constant-twice",
      graph,
      value: name,
      text: `The constant ${nameText(name)} stands there twice.`,
    });
}

function addSparse(cursor: Cursor, graph: Graph, context: Context): void {
  const sparse = readSparse(cursor, context);
  const value = valueNamed(graph, sparse.values.name);
  constantTwice(value, context);
  value.sparse = sparse;
  value.type ??= { kind: "tensor", dtype: sparse.values.dtype, shape: sparse.shape };
}

function readSparse(cursor: Cursor, context: Context): SparseTensor {
  let values: SparseTensor["values"] | null = null;
  let indices: SparseTensor["indices"] | null = null;
  const dims: bigint[] = [];
  while (cursor.next()) {
    if (cursor.field === 1 && cursor.wire === 2) values = readTensor(cursor.message(), context);
    else if (cursor.field === 2 && cursor.wire === 2) indices = readTensor(cursor.message(), context);
    else if (cursor.field === 3) readInts(cursor, dims);
    else cursor.skip();
  }
  if (!values || !indices) throw cursor.damaged("a sparse tensor without values or indices");
  const shape = dims.map(Number);
  elementCount(shape, `sparse tensor ${values.name}`, cursor.file);
  return { values, indices, shape };
}
