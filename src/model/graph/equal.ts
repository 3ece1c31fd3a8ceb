import type { LazyTensor } from "../tensor/tensor.ts";
import { sameContent } from "./content.ts";
import { type Difference, Differences, shorten } from "./differences.ts";
import type {
  Attribute,
  Graph,
  Model,
  ModelFunction,
  Node,
  SparseTensor,
  Value,
  ValueType,
} from "./graph.ts";
import { sameType } from "./same.ts";

export interface EqualOptions {
  /** Differences after which nobody looks on. @default 20 */
  readonly limit?: number;
  /**
   * Whether also the order counts of what the specification gives none, or where any order that computes before it reads will
   * do: nodes, initializers, value_info, attributes, opsets and metadata.
   * @default false
   */
  readonly strictOrder?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * In what two models differ: everything that their file says of the model, the contents of tensors included. Where tensors lie
 * and in which field is no difference. Nodes are matched by what they compute.
 * @returns the first differences, none where the models are equal
 * @throws whatever reading the tensors throws
 */
export async function modelDifferences(
  a: Model,
  b: Model,
  options: EqualOptions = {},
): Promise<Difference[]> {
  const { limit = 20, strictOrder = false, signal } = options;
  const differences = new Differences(limit);
  const comparison: Comparison = { differences, strictOrder, tensors: [] };
  compareModels(a, b, comparison);
  for (const { where, a: one, b: other } of comparison.tensors) {
    if (differences.isFull) break;
    if (!(await sameContent(one, other, signal))) differences.add(where, "other elements");
  }
  return differences.found;
}

interface Comparison {
  readonly differences: Differences;
  readonly strictOrder: boolean;
  /** Pairs of one type and shape, whose elements are compared at the end. */
  readonly tensors: { readonly where: string; readonly a: LazyTensor; readonly b: LazyTensor }[];
}

function compareModels(a: Model, b: Model, comparison: Comparison): void {
  const { differences } = comparison;
  for (const key of ["irVersion", "producer", "domain", "version", "doc"] as const)
    differences.compare("model", key, a[key], b[key]);
  notes("model", a, b, comparison);
  entries("model", "opset", a.opsets, b.opsets, comparison);
  compareGraphs("graph", a.graph, b.graph, comparison);
  const key = ({ domain, name, overload }: ModelFunction) => `${domain}.${name}${overload && `:${overload}`}`;
  differences.pair(
    "model",
    "function",
    keyed(a.functions, key),
    keyed(b.functions, key),
    (one, other, name) => {
      const where = `function ${shorten(name)}`;
      differences.compare(where, "attributes", one.attributes, other.attributes);
      notes(where, one, other, comparison);
      entries(where, "opset", one.opsets, other.opsets, comparison);
      compareAttributes(where, one.defaults ?? new Map(), other.defaults ?? new Map(), comparison);
      compareGraphs(where, one.graph, other.graph, comparison);
    },
  );
  const training = (model: Model) => keyed(model.training ?? [], () => "");
  differences.pair("model", "training", training(a), training(b), (one, other, name) => {
    const where = `training${name}`;
    notes(where, one, other, comparison);
    for (const part of ["initializationBindings", "updateBindings"] as const) {
      const names = one[part].map(({ target, source }) => [target.name, source.name]);
      differences.compare(
        where,
        part,
        names,
        other[part].map(({ target, source }) => [target.name, source.name]),
      );
    }
    for (const part of ["initialization", "algorithm"] as const) {
      const [before, after] = [one[part], other[part]];
      if (before && after) compareGraphs(`${where}, ${part}`, before, after, comparison);
      else differences.compare(where, part, before && "a graph", after && "a graph");
    }
  });
}

function compareGraphs(where: string, a: Graph, b: Graph, comparison: Comparison): void {
  const { differences, strictOrder } = comparison;
  if (differences.isFull) return;
  differences.compare(where, "name", a.name, b.name);
  differences.compare(where, "doc", a.doc, b.doc);
  notes(where, a, b, comparison);
  differences.compare(where, "inputs", namesOf(a.inputs), namesOf(b.inputs));
  differences.compare(where, "outputs", namesOf(a.outputs), namesOf(b.outputs));
  const annotations = (graph: Graph) =>
    graph.quantization?.map(({ value, parameters }) => [
      value.name,
      ...parameters.map(([key, parameter]) => [key, parameter.name]),
    ]);
  differences.compare(where, "quantization annotations", annotations(a), annotations(b));
  differences.pair(where, "value", said(a), said(b), (one, other, name) =>
    compareValues(`${where}, value ${shorten(name)}`, one, other, comparison),
  );
  const nodes = [keyed(a.nodes, keyOf), keyed(b.nodes, keyOf)] as const;
  differences.pair(where, "node", ...nodes, (one, other) =>
    compareNodes(`${where}, ${titleOf(one)}`, one, other, comparison),
  );
  if (!strictOrder || differences.isFull) return;
  order(where, "nodes", nodes[0].keys(), nodes[1].keys(), differences);
  for (const kind of ["constant", "sparse", "type"] as const) {
    const names = (graph: Graph) =>
      [...graph.values.values()].filter((each) => each[kind]).map(({ name }) => name);
    order(where, `values with a ${kind}`, names(a), names(b), differences);
  }
}

/** The values of which a graph says something. */
function said(graph: Graph): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [name, value] of graph.values) {
    const { type, constant, sparse, doc, metadata, unknown } = value;
    if (type || constant || sparse || doc || metadata || unknown) values.set(name, value);
  }
  return values;
}

function compareValues(where: string, a: Value, b: Value, comparison: Comparison): void {
  const { differences } = comparison;
  compareTypes(where, a.type, b.type, comparison);
  differences.compare(where, "doc", a.doc, b.doc);
  notes(where, a, b, comparison);
  compareTensors(where, "constant", a.constant, b.constant, comparison);
  compareSparse(where, a.sparse, b.sparse, comparison);
  differences.compare(where, "further declarations", a.redeclared, b.redeclared);
  const shadowed = [a.shadowed ?? [], b.shadowed ?? []] as const;
  differences.compare(where, "further constants", shadowed[0].length, shadowed[1].length);
  for (const [i, one] of shadowed[0].entries()) {
    const other = shadowed[1][i];
    if (!other) continue;
    if ("indices" in one && "indices" in other) compareSparse(where, one, other, comparison);
    else if (!("indices" in one) && !("indices" in other))
      compareTensors(where, "constant", one, other, comparison);
    else differences.add(where, "dense became sparse, or sparse dense");
  }
}

function compareNodes(where: string, a: Node, b: Node, comparison: Comparison): void {
  const { differences } = comparison;
  for (const key of ["domain", "op", "overload", "name", "doc"] as const)
    differences.compare(where, key, a[key], b[key]);
  differences.compare(where, "inputs", namesOf(a.inputs), namesOf(b.inputs));
  differences.compare(where, "outputs", namesOf(a.outputs), namesOf(b.outputs));
  notes(where, a, b, comparison);
  const devices = (node: Node) =>
    node.devices?.map(({ shards, unknown }) => [
      unknown,
      ...shards.map((each) => [each.value?.name, each.unknown]),
    ]);
  differences.compare(where, "devices", devices(a), devices(b));
  compareAttributes(where, a.attributes, b.attributes, comparison);
  const shadowed = (node: Node) => keyed(node.shadowed ?? [], ([name]) => name);
  differences.pair(where, "further attribute", shadowed(a), shadowed(b), ([name, one], [, other]) =>
    compareAttribute(`${where}, attribute ${shorten(name)}`, one, other, comparison),
  );
}

function compareAttributes(
  where: string,
  a: ReadonlyMap<string, Attribute>,
  b: ReadonlyMap<string, Attribute>,
  comparison: Comparison,
): void {
  const { differences, strictOrder } = comparison;
  differences.pair(where, "attribute", a, b, (one, other, name) =>
    compareAttribute(`${where}, attribute ${shorten(name)}`, one, other, comparison),
  );
  if (strictOrder) order(where, "attributes", a.keys(), b.keys(), differences);
}

function compareAttribute(where: string, a: Attribute, b: Attribute, comparison: Comparison): void {
  const { differences } = comparison;
  differences.compare(where, "kind", a.kind, b.kind);
  differences.compare(where, "doc", a.doc, b.doc);
  notes(where, a, b, comparison);
  if (a.kind !== b.kind) return;
  if (a.kind === "reference") differences.compare(where, "kind", a.of, (b as typeof a).of);
  const [ones, others] = [a.value, b.value].map((value) => (Array.isArray(value) ? value : [value])) as [
    unknown[],
    unknown[],
  ];
  const compare = INSIDE[a.kind];
  if (!compare) differences.compare(where, "value", a.value, b.value);
  else if (ones.length !== others.length) differences.compare(where, "length", ones.length, others.length);
  else for (const [i, one] of ones.entries()) compare(where, one as never, others[i] as never, comparison);
}

type Inside<T> = (where: string, a: T, b: T, comparison: Comparison) => void;

const tensor: Inside<LazyTensor> = (where, a, b, comparison) =>
  compareTensors(where, "tensor", a, b, comparison);

/** Kinds of attributes whose values are more than plain data. */
const INSIDE: { readonly [K in Attribute["kind"]]?: Inside<never> } = {
  tensor,
  tensors: tensor,
  graph: compareGraphs,
  graphs: compareGraphs,
  sparse: compareSparse,
  sparses: compareSparse,
  type: compareTypes,
  types: compareTypes,
};

function compareTypes(where: string, a: ValueType | null, b: ValueType | null, comparison: Comparison): void {
  if (!sameType(a, b)) comparison.differences.compare(where, "type", a, b);
}

function compareTensors(
  where: string,
  what: string,
  a: LazyTensor | null,
  b: LazyTensor | null,
  comparison: Comparison,
): void {
  const { differences, tensors } = comparison;
  const typeOf = (lazy: LazyTensor | null) => lazy && `${lazy.dtype}[${lazy.shape.join(", ")}]`;
  differences.compare(where, what, typeOf(a), typeOf(b));
  if (!a || !b) return;
  differences.compare(where, `doc of the ${what}`, a.doc, b.doc);
  notes(where, a, b, comparison);
  if (typeOf(a) === typeOf(b)) tensors.push({ where, a, b });
}

function compareSparse(
  where: string,
  a: SparseTensor | undefined,
  b: SparseTensor | undefined,
  comparison: Comparison,
): void {
  comparison.differences.compare(where, "dense shape", a?.shape, b?.shape);
  if (!a || !b) return;
  notes(where, a, b, comparison);
  compareTensors(where, "values", a.values, b.values, comparison);
  compareTensors(where, "indices", a.indices, b.indices, comparison);
}

interface Notes {
  readonly metadata?: ReadonlyMap<string, string>;
  readonly unknown?: Uint8Array;
}

/** Metadata, and what the reader did not understand. */
function notes(where: string, a: Notes, b: Notes, comparison: Comparison): void {
  if (a.metadata || b.metadata)
    entries(where, "metadata", a.metadata ?? new Map(), b.metadata ?? new Map(), comparison);
  if (a.unknown || b.unknown)
    comparison.differences.compare(where, "fields not understood", a.unknown, b.unknown);
}

function entries<T>(
  where: string,
  what: string,
  a: ReadonlyMap<string, T>,
  b: ReadonlyMap<string, T>,
  { differences, strictOrder }: Comparison,
): void {
  differences.pair(where, what, a, b, (one, other, key) =>
    differences.compare(where, `${what} ${shorten(key)}`, one, other),
  );
  if (strictOrder) order(where, what, a.keys(), b.keys(), differences);
}

/** The first place at which two orders of the same names part. */
function order(
  where: string,
  what: string,
  a: Iterable<string>,
  b: Iterable<string>,
  differences: Differences,
): void {
  const others = b[Symbol.iterator]();
  for (const name of a) {
    const other = others.next().value;
    if (other === name) continue;
    differences.compare(where, `order of ${what}`, name, other);
    return;
  }
}

function namesOf(values: readonly (Value | null)[]): string[] {
  return values.map((value) => value?.name ?? "");
}

/** A node by what it computes; one that computes nothing by its operator. */
function keyOf({ outputs, op, domain }: Node): string {
  const names = namesOf(outputs).filter((name) => name !== "");
  return names.length > 0 ? names.join(", ") : `of ${domain && `${domain}.`}${op}`;
}

function titleOf(node: Node): string {
  return `node ${shorten(node.name || keyOf(node))} (${node.op})`;
}

/** By a key each; those that share one by their number among them. */
function keyed<T>(items: readonly T[], key: (item: T) => string): Map<string, T> {
  const all = new Map<string, T>();
  const counts = new Map<string, number>();
  for (const item of items) {
    const name = key(item);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    all.set(count === 0 ? name : `${name} #${count + 1}`, item);
  }
  return all;
}
