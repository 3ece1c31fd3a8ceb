import { Names } from "../../../graph/edit.ts";
import type { Attribute, Graph, Model, Node, Value } from "../../../graph/graph.ts";
import { graphsWithin } from "../../../graph/walk.ts";
import { constantTensor } from "../../../tensor/constant.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";

/** A Constant node whose tensor stands among the initializers of its graph. */
export interface Lifted {
  readonly tensor: LazyTensor;
  /** Of the initializer: the value's own, which the node then does not compute; or another, of which the value is a copy. */
  readonly name: string;
  readonly isCopied: boolean;
}

/** The version from which initializers need not be inputs too (onnx.proto, IR_VERSION_2019_1_22). */
const FREE_INITIALIZERS = 4;

/**
 * The Constant nodes whose tensors may become initializers. Not in functions, which have none; nor before IR version 4, where
 * they would be inputs that nobody asked for.
 */
export function liftConstants(model: Model, from: number): Map<Node, Lifted> {
  const lifted = new Map<Node, Lifted>();
  if (model.irVersion < FREE_INITIALIZERS) return lifted;
  let names: Names | undefined;
  const training = (model.training ?? []).flatMap(({ initialization, algorithm }) =>
    [initialization, algorithm].filter((graph): graph is Graph => graph !== null),
  );
  for (const top of [model.graph, ...training]) {
    for (const graph of graphsWithin(top)) {
      const fixed = new Set<Value>([...graph.inputs, ...graph.outputs]);
      for (const node of graph.nodes) {
        const tensor = constantOf(node);
        const [value] = node.outputs;
        if (!tensor || !value || tensor.dtype === "string" || tensor.byteLength < from) continue;
        // What the file computes twice stays as it is.
        if (value.producer !== node || value.constant || value.sparse) continue;
        const isCopied = fixed.has(value);
        if (isCopied) names ??= new Names(model);
        const name = isCopied ? (names as Names).fresh(`${value.name}_value`) : value.name;
        lifted.set(node, { tensor, name, isCopied });
      }
    }
  }
  return lifted;
}

export function isConstant({ op, domain }: Node): boolean {
  return op === "Constant" && domain === "";
}

/** The tensor of a Constant node; null where it holds another kind of value, or more than one. */
function constantOf(node: Node): LazyTensor | null {
  const { attributes, inputs, outputs, shadowed } = node;
  if (!isConstant(node) || inputs.length > 0 || outputs.length !== 1 || attributes.size !== 1 || shadowed)
    return null;
  const [[name, attribute] = []] = attributes;
  return attribute ? (KINDS.get(name as string)?.(attribute) ?? null) : null;
}

/** The attributes of Constant that hold a dense tensor of numbers. A file may call an attribute "constructor". */
const KINDS: ReadonlyMap<string, (attribute: Attribute) => LazyTensor | null> = new Map([
  ["value", (attribute: Attribute) => (attribute.kind === "tensor" ? attribute.value : null)],
  [
    "value_floats",
    (attribute: Attribute) =>
      attribute.kind === "floats"
        ? constantTensor(
            { dtype: "float32", shape: [attribute.value.length], data: Float32Array.from(attribute.value) },
            "value_floats of a Constant",
          )
        : null,
  ],
  [
    "value_ints",
    (attribute: Attribute) =>
      attribute.kind === "ints"
        ? constantTensor(
            { dtype: "int64", shape: [attribute.value.length], data: BigInt64Array.from(attribute.value) },
            "value_ints of a Constant",
          )
        : null,
  ],
]);
