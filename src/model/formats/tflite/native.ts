import type { ByteSource } from "../../../base/sources/source.ts";
import type { Attribute, Graph, ModelFunction, Node, Value } from "../../graph/graph.ts";
import { attribute } from "../../graph/index.ts";
import { bytesTensor, contentTensor } from "./file/contents.ts";
import type { Operator, Subgraph, TfliteFile, TfliteTensor } from "./file/model.ts";
import { typeOf } from "./file/type.ts";
import { OPTIONS_OF, type Options, TABLES } from "./schema/options.ts";
import type { State } from "./states.ts";

/** Domain of the format's own operators, and of the functions that stand for its further subgraphs. */
export const DOMAIN = "tflite";

/** The model as its file tells it, in the format's own operators. */
export function nativeGraph(subgraph: Subgraph, source: ByteSource): Graph {
  const { name, tensors, inputs, outputs, operators } = subgraph;
  const graph: Graph = { name, inputs: [], outputs: [], nodes: [], values: new Map(), parent: null };
  const values: Value[] = tensors.map((tensor) => {
    // Names need not tell tensors apart in the file.
    let unique = tensor.name;
    if (unique === "" || graph.values.has(unique)) unique = `${unique}#${tensor.index}`;
    while (graph.values.has(unique)) unique += "'";
    const constant = contentTensor(tensor, source);
    const value: Value = { name: unique, graph, type: typeOf(tensor), producer: null, uses: [], constant };
    graph.values.set(unique, value);
    return value;
  });
  const named = (tensor: TfliteTensor) => values[tensor.index] as Value;
  graph.inputs = inputs.map(named);
  graph.outputs = outputs.map(named);
  // Operators of equal options share them, and so what is made of them.
  const attributes = new Map<Options, Map<string, Attribute>>();
  for (const operator of operators) {
    let own = attributes.get(operator.options);
    if (!own) {
      own = attributesOf(operator);
      attributes.set(operator.options, own);
    }
    graph.nodes.push(nativeNode(operator, own, graph, named));
  }
  return graph;
}

/**
 * Adds what the model keeps from run to run to what goes in and what comes out, as the converted model has it: one value for a
 * variable before a run, and one after it.
 */
export function addStates(graph: Graph, states: readonly State[], subgraph: Subgraph): void {
  const fresh = (hint: string): string => {
    let name = hint;
    while (name === "" || graph.values.has(name)) name += "'";
    return name;
  };
  const values = [...graph.values.values()];
  for (const { tensor, resource, name, next, type } of states) {
    const add = (hint: string): Value => {
      const called = fresh(hint);
      const value: Value = { name: called, graph, type, producer: null, uses: [], constant: null };
      graph.values.set(called, value);
      return value;
    };
    const own = resource === null ? values[subgraph.tensors.indexOf(tensor)] : undefined;
    graph.inputs.push(own ?? add(name));
    graph.outputs.push(add(next));
  }
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
    graph: nativeGraph(subgraph, source),
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
