import { NO_ATTRIBUTES } from "../../graph/attributes.ts";
import type { Attribute, Graph, Node, Value, ValueType } from "../../graph/graph.ts";
import { addUse } from "../../graph/uses.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { isShared, sharedConstants } from "./inline-plan.ts";

/** How the nodes of one graph are made once more, elsewhere. */
export interface Copying {
  /** What values stand for; values that are not here are read as they are, since they lie around what is copied. */
  readonly values: Map<Value, Value | null>;
  /** The body of a function, whose values are made in `target` when they are first met; null where there is none. */
  readonly body: Graph | null;
  readonly target: Graph;
  /** What attributes that refer to the caller are; null where there is no caller. */
  readonly parameters: ReadonlyMap<string, Attribute> | null;
  /** A name that nothing has. */
  fresh(hint: string): string;
  /** A name for the copy of a node, which no other node has; none where the node has none. */
  nodeName(of: Node): string;
  /** A constant that all copies share. */
  shared(of: Value, tensor: LazyTensor): Value;
  /** Told of each node that is made in a graph within. */
  made(node: Node): void;
}

/** What stands for a value in the copy. */
export function standIn(copying: Copying, value: Value): Value | null {
  const known = copying.values.get(value);
  if (known !== undefined) return known;
  if (value.graph !== copying.body) return value;
  return make(copying, value, copying.target);
}

function make(copying: Copying, value: Value, graph: Graph): Value {
  const { type, constant, sparse, doc, metadata, unknown } = value;
  const made: Value = {
    name: copying.fresh(value.name),
    graph,
    type: type && unnamed(type),
    producer: null,
    uses: [],
    constant,
    ...(sparse && { sparse }),
    ...(doc !== undefined && { doc }),
    ...(metadata && { metadata: new Map(metadata) }),
    ...(unknown && { unknown }),
  };
  graph.values.set(made.name, made);
  copying.values.set(value, made);
  return made;
}

/** Lets what all copies of a graph can share stand for its constants. */
export function shareConstants(copying: Copying, graph: Graph): ReadonlyMap<Value, LazyTensor> {
  const shared = sharedConstants(graph);
  for (const [value, tensor] of shared) copying.values.set(value, copying.shared(value, tensor));
  return shared;
}

/** A name of a length means one thing in a function, and another in each place where the function is called. */
function unnamed(type: ValueType): ValueType {
  if (type.kind !== "tensor" && type.kind !== "sparse") return type;
  return { ...type, shape: type.shape?.map((dim) => (typeof dim === "string" ? null : dim)) ?? null };
}

/** Attributes with what the caller says in place of what refers to it; what the caller leaves out is left out. */
export function copyAttributes(
  copying: Copying,
  attributes: ReadonlyMap<string, Attribute>,
  graph: Graph,
): ReadonlyMap<string, Attribute> {
  if (attributes.size === 0) return NO_ATTRIBUTES;
  const copies = new Map<string, Attribute>();
  for (const [name, attribute] of attributes) {
    const { kind, value } = attribute;
    if (kind === "graph") copies.set(name, { ...attribute, value: copyGraph(copying, value, graph) });
    else if (kind === "graphs") {
      copies.set(name, { ...attribute, value: value.map((each) => copyGraph(copying, each, graph)) });
    } else if (kind === "reference" && copying.parameters) {
      const given = copying.parameters.get(value);
      if (!given) continue;
      // What the caller gives reads the caller's values, and several nodes may ask for it.
      const outside = { ...copying, values: new Map(), body: null, parameters: null };
      const [own] = copyAttributes(outside, new Map([[name, given]]), graph);
      if (own) copies.set(...own);
    } else copies.set(name, attribute);
  }
  return copies;
}

function copyGraph(copying: Copying, from: Graph, parent: Graph): Graph {
  const { name, doc, metadata, unknown } = from;
  const graph: Graph = {
    name,
    inputs: [],
    outputs: [],
    nodes: [],
    values: new Map(),
    parent,
    ...(doc !== undefined && { doc }),
    ...(metadata && { metadata: new Map(metadata) }),
    ...(unknown && { unknown }),
  };
  const shared = shareConstants(copying, from);
  for (const value of from.values.values()) if (!shared.has(value)) make(copying, value, graph);
  const own = (value: Value) => copying.values.get(value) as Value;
  graph.inputs = from.inputs.map(own);
  graph.outputs = from.outputs.map(own);
  for (const node of from.nodes) {
    if (isShared(node, shared)) continue;
    const { domain, op, overload } = node;
    const copy: Node = {
      domain,
      op,
      overload,
      name: copying.nodeName(node),
      inputs: node.inputs.map((value) => value && standIn(copying, value)),
      outputs: node.outputs.map((value) => value && own(value)),
      attributes: NO_ATTRIBUTES,
      graph,
    };
    copy.inputs.forEach((value, index) => {
      if (value) addUse(value, { node: copy, index });
    });
    for (const value of copy.outputs) if (value) value.producer = copy;
    copy.attributes = copyAttributes(copying, node.attributes, graph);
    keepNotes(copy, node);
    graph.nodes.push(copy);
    copying.made(copy);
  }
  return graph;
}

/** What is said of a node beside what it computes. */
export function keepNotes(copy: Node, { overload, doc, metadata, unknown }: Node): void {
  copy.overload = overload;
  if (doc !== undefined) copy.doc = doc;
  if (metadata) copy.metadata = new Map(metadata);
  if (unknown) copy.unknown = unknown;
}
