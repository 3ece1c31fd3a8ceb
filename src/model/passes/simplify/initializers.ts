import { isOutput } from "../../graph/edit.ts";
import type { Attribute, Graph, Model, Node } from "../../graph/graph.ts";
import { graphsWithin } from "../../graph/walk.ts";
import { constantTensor } from "../../tensor/index.ts";
import type { LazyTensor, Tensor } from "../../tensor/tensor.ts";
import type { Pass } from "../pass.ts";
import { graphPass, type Rewrite } from "./rewrite.ts";

const TEXT = new TextDecoder();

/** What a Constant node of ai.onnx may hold, by its attribute. A sparse tensor stays what it is. */
const HELD: Readonly<Record<string, (attribute: Attribute) => LazyTensor | Tensor | null>> = {
  value: (attribute) => (attribute.kind === "tensor" ? attribute.value : null),
  value_float: (attribute) =>
    attribute.kind === "float"
      ? { dtype: "float32", shape: [], data: Float32Array.of(attribute.value) }
      : null,
  value_floats: (attribute) =>
    attribute.kind === "floats"
      ? { dtype: "float32", shape: [attribute.value.length], data: Float32Array.from(attribute.value) }
      : null,
  value_int: (attribute) =>
    attribute.kind === "int" ? { dtype: "int64", shape: [], data: BigInt64Array.of(attribute.value) } : null,
  value_ints: (attribute) =>
    attribute.kind === "ints"
      ? { dtype: "int64", shape: [attribute.value.length], data: BigInt64Array.from(attribute.value) }
      : null,
  value_string: (attribute) =>
    attribute.kind === "string" ? { dtype: "string", shape: [], data: [TEXT.decode(attribute.value)] } : null,
  value_strings: (attribute) =>
    attribute.kind === "strings"
      ? {
          dtype: "string",
          shape: [attribute.value.length],
          data: attribute.value.map((each) => TEXT.decode(each)),
        }
      : null,
};

/** The tensor of a Constant node; null where it is the caller's of a function, or sparse. */
function held(node: Node): LazyTensor | null {
  for (const [name, attribute] of node.attributes) {
    const tensor = Object.hasOwn(HELD, name) ? HELD[name]?.(attribute) : null;
    if (tensor) return "read" in tensor ? tensor : constantTensor(tensor, `attribute ${name}`);
  }
  return null;
}

const lift = graphPass("initializers", "", (graph, rewrite) => {
  // The body of a function has no initializers.
  if (!isInMain(graph, rewrite)) return;
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (node.domain !== "" || node.op !== "Constant" || node.outputs.length !== 1 || !output) continue;
    // An output of a graph that is an initializer is refused by some readers.
    if (isOutput(output)) continue;
    const tensor = held(node);
    if (!tensor) continue;
    output.producer = null;
    output.constant = tensor;
    rewrite.remove(node);
  }
});

function isInMain(graph: Graph, { model }: Rewrite): boolean {
  let outer = graph;
  while (outer.parent) outer = outer.parent;
  return outer === model.graph;
}

/** Before it every initializer had to be listed among the inputs, without being one. */
const FREE_INITIALIZERS = 4;

/** Lifts old files with constants to the version in which these are no inputs. */
function dropInputs(model: Model): boolean {
  const { irVersion, graph, opsets } = model;
  if (irVersion < 1 || irVersion >= FREE_INITIALIZERS || !hasConstants(model)) return false;
  graph.inputs = graph.inputs.filter(({ constant }) => !constant);
  model.irVersion = FREE_INITIALIZERS;
  // Before IR version 3 files did not say: they are of the first operator set.
  if (opsets.size === 0) opsets.set("", 1);
  return true;
}

function hasConstants(model: Model): boolean {
  for (const { values } of graphsWithin(model.graph))
    for (const { constant } of values.values()) if (constant) return true;
  return false;
}

export const initializers: Pass = {
  name: "initializers",
  promises: "Constants are initializers, not nodes, and in files before IR version 4 they are no inputs.",
  keepsTypes: true,
  async run(model, context) {
    const { modified } = await lift.run(model, context);
    return { model, modified: dropInputs(model) || modified };
  },
};
