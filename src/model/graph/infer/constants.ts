import { fromHalf, readSmall } from "../../tensor/index.ts";
import type { LazyTensor, Tensor } from "../../tensor/tensor.ts";
import type { Node, Value } from "../graph.ts";
import { MAX_ELEMENTS } from "./elements.ts";
import type { Elements } from "./fact.ts";
import type { Run } from "./run.ts";

/** Float contents are scales and limits of Range: a few. Longer ones are weights, and stay in their file. */
const MAX_FLOATS = 32;

const WHOLE = new Set(["int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"]);
const FLOAT = new Set(["float32", "float64", "float16"]);

/** Whether a constant is one whose contents may be shape arithmetic. */
export function isSmall({ dtype, shape }: LazyTensor): boolean {
  if (shape.length > 1) return false;
  const count = shape[0] ?? 1;
  return (WHOLE.has(dtype) && count <= MAX_ELEMENTS) || (FLOAT.has(dtype) && count <= MAX_FLOATS);
}

/** Operators that take indices, which may be of any rank, and the input in which they do. */
const INDICES: ReadonlyMap<string, number> = new Map([
  ["Gather", 1],
  ["GatherElements", 1],
  ["GatherND", 1],
  ["Scatter", 1],
  ["ScatterElements", 1],
  ["ScatterND", 1],
]);

/** The constant that holds a node's indices, where it is short. */
function indicesOf({ op, domain, inputs }: Node): LazyTensor | null {
  const input = domain === "" ? INDICES.get(op) : undefined;
  const value = input === undefined ? null : inputs[input];
  if (!value) return null;
  const given = value.producer?.op === "Constant" ? value.producer.attributes.get("value") : undefined;
  const tensor = given?.kind === "tensor" ? given.value : value.constant;
  if (!tensor || (tensor.dtype !== "int64" && tensor.dtype !== "int32")) return null;
  return tensor.shape.reduce((count, length) => count * length, 1) <= MAX_ELEMENTS ? tensor : null;
}

/** The indices that a node takes, one after the other, where they are a short constant that nobody replaces. */
export function constantIndices(run: Run, node: Node): Elements | null {
  const tensor = indicesOf(node);
  if (!tensor) return null;
  const value = node.inputs.find((each) => each?.constant === tensor);
  return value && !isFixed(run, value) ? null : (run.constants.get(tensor) ?? null);
}

/** The small constants that a node reads and that were not read yet. */
export function unreadConstants(run: Run, node: Node): readonly LazyTensor[] {
  const { inputs, attributes } = node;
  let unread: LazyTensor[] | null = null;
  const add = (tensor: LazyTensor) => {
    if (run.constants.has(tensor)) return;
    unread ??= [];
    unread.push(tensor);
  };
  const look = (tensor: LazyTensor) => {
    if (isSmall(tensor)) add(tensor);
  };
  const indices = indicesOf(node);
  if (indices) add(indices);
  for (let i = 0; i < inputs.length; i++) {
    const constant = inputs[i]?.constant;
    if (constant) look(constant);
  }
  if (attributes.size > 0)
    for (const attribute of attributes.values()) if (attribute.kind === "tensor") look(attribute.value);
  return unread ?? NONE;
}

/** Of nearly every node. */
const NONE: readonly LazyTensor[] = [];

/** Reads them. @throws what reading a tensor throws: a file that is cut off is nothing to infer from */
export async function readConstants(run: Run, tensors: readonly LazyTensor[]): Promise<void> {
  for (const tensor of tensors)
    run.constants.set(tensor, elementsFrom(await (readSmall(tensor, run.signal) ?? tensor.read(run.signal))));
}

/** Numbers beyond 2^53 lose their last digits; arithmetic gives them up, limits of Slice may use them. */
function elementsFrom({ data, dtype }: Tensor): Elements {
  const from = data as ArrayLike<number | bigint>;
  const elements = new Array<number>(from.length);
  for (let i = 0; i < from.length; i++) elements[i] = Number(from[i]);
  return dtype === "float16" ? elements.map(fromHalf) : elements;
}

/** The contents of a constant of the graph, where they were read and hold. */
export function constantElements(run: Run, value: Value): Elements | null {
  const { constant } = value;
  if (!constant || constant.shape.length > 1 || !isFixed(run, value)) return null;
  return run.constants.get(constant) ?? null;
}

/**
 * Whether a value is a constant that nobody replaces. From IR 4 on, an initializer that is also an input is only its
 * default (ONNX IR, "Graphs").
 */
export function isFixed({ model, overridable }: Run, value: Value): boolean {
  if (!value.constant && !value.sparse) return false;
  return model.irVersion < 4 || !overridable.has(value);
}
