import type { ByteSource } from "../../../base/sources/source.ts";
import type { Attribute, Graph, ModelFunction, Node, Value, ValueType } from "../../graph/graph.ts";
import { attribute, Names } from "../../graph/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { bytesTensor, contentTensor } from "./file/contents.ts";
import type { Operator, Subgraph, TfliteFile, TfliteTensor } from "./file/model.ts";
import { typeOf } from "./file/type.ts";
import { hintOf, nameSignature, type SignatureNames } from "./names.ts";
import { OPTIONS_OF, type Options, TABLES } from "./schema/options.ts";
import type { State } from "./states.ts";

/** Domain of the format's own operators, and of the functions that stand for its further subgraphs. */
export const DOMAIN = "tflite";

/**
 * The model as its file tells it, in the format's own operators. What it keeps from run to run goes in and comes out behind all
 * else, as the converted model has it: one value for a variable before a run, and one after it.
 */
export function nativeGraph(subgraph: Subgraph, states: readonly State[], source: ByteSource): Graph {
  const { name, tensors, inputs, outputs, operators } = subgraph;
  const graph: Graph = { name, inputs: [], outputs: [], nodes: [], values: new Map(), parent: null };
  const names = new Names();
  const signature = nameSignature(subgraph, states, names);
  const add = (called: string, type: ValueType | null, constant: LazyTensor | null = null): Value => {
    const value: Value = { name: called, graph, type, producer: null, uses: [], constant };
    graph.values.set(called, value);
    return value;
  };
  const own = ownNames(subgraph, states, signature);
  const values: Value[] = tensors.map((tensor) => {
    const called = own.get(tensor) ?? names.fresh(hintOf(tensor));
    return add(called, typeOf(tensor), contentTensor(tensor, source));
  });
  const named = (tensor: TfliteTensor) => values[tensor.index] as Value;
  const atEdge = (called: string, type: ValueType | null) => graph.values.get(called) ?? add(called, type);
  for (const [i, tensor] of inputs.entries())
    graph.inputs.push(atEdge(signature.inputs[i] as string, typeOf(tensor)));
  for (const [i, tensor] of outputs.entries())
    graph.outputs.push(atEdge(signature.outputs[i] as string, typeOf(tensor)));
  for (const [i, { type }] of states.entries()) {
    const { input, output } = signature.states[i] as SignatureNames["states"][number];
    graph.inputs.push(atEdge(input, type));
    graph.outputs.push(atEdge(output, type));
  }
  // Operators of equal options share them, and so what is made of them.
  const attributes = new Map<Options, Map<string, Attribute>>();
  for (const operator of operators) {
    let shared = attributes.get(operator.options);
    if (!shared) {
      shared = attributesOf(operator);
      attributes.set(operator.options, shared);
    }
    graph.nodes.push(nativeNode(operator, shared, graph, named));
  }
  return graph;
}

/** Of the names of the signature, the one that each tensor has where operators read and write it. */
function ownNames(
  { inputs, outputs }: Subgraph,
  states: readonly State[],
  signature: SignatureNames,
): Map<TfliteTensor, string> {
  const names = new Map<TfliteTensor, string>();
  const own = (tensor: TfliteTensor, name: string | undefined) => {
    if (name !== undefined && !names.has(tensor)) names.set(tensor, name);
  };
  for (const [i, tensor] of inputs.entries()) own(tensor, signature.inputs[i]);
  for (const [i, { tensor, resource }] of states.entries())
    if (resource === null) own(tensor, signature.states[i]?.input);
  for (const [i, tensor] of outputs.entries()) own(tensor, signature.outputs[i]);
  return names;
}

function nativeNode(
  operator: Operator,
  attributes: Map<string, Attribute>,
  graph: Graph,
  named: (tensor: TfliteTensor) => Value,
): Node {
  const node: Node = {
    domain: DOMAIN,
    op: operator.name,
    overload: "",
    name: `${operator.name}_${operator.index}`,
    inputs: operator.inputs.map((tensor) => tensor && named(tensor)),
    outputs: operator.outputs.map(named),
    attributes,
    graph,
  };
  for (const [index, value] of node.inputs.entries()) value?.uses.push({ node, index });
  for (const value of node.outputs) if (value) value.producer ??= node;
  return node;
}

const FIELDS_OF = new Map<string, Readonly<Record<string, string>>>(
  Object.entries(OPTIONS_OF).map(([name, table]) => [name, TABLES[table]]),
);

function attributesOf({ name, isCustom, options }: Operator): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  const fields = isCustom ? undefined : FIELDS_OF.get(name);
  for (const [field, kind] of Object.entries(fields ?? {})) {
    const value = options[field];
    if (kind === "float") attributes.set(field, attribute.float(value as number));
    else if (typeof value === "number" || typeof value === "bigint")
      attributes.set(field, attribute.int(value));
    else if (typeof value === "boolean") attributes.set(field, attribute.int(value ? 1 : 0));
    else if (typeof value === "string") attributes.set(field, attribute.string(value));
    else if (value instanceof Uint8Array) attributes.set(field, { kind: "string", value });
    else if (kind === "floats") attributes.set(field, attribute.floats(value ?? []));
    else attributes.set(field, attribute.ints(value ?? []));
  }
  return attributes;
}

/** The subgraphs that operators call, as functions that are named by their index. */
export function nativeFunctions({ subgraphs, version }: TfliteFile, source: ByteSource): ModelFunction[] {
  return subgraphs.slice(1).map((subgraph) => ({
    domain: DOMAIN,
    name: `subgraph ${subgraph.index}`,
    overload: "",
    opsets: new Map([[DOMAIN, version]]),
    attributes: [],
    graph: nativeGraph(subgraph, [], source),
  }));
}

/** The byte strings that stand beside the graph. */
export function attachmentsOf({ metadata }: TfliteFile, source: ByteSource) {
  return metadata.map(({ name, content }) => ({
    kind: "metadata" as const,
    name,
    content: bytesTensor(name, content, source),
  }));
}
