import type { Attribute, Node, Value } from "../graph/graph.ts";
import type { LazyTensor } from "../tensor/tensor.ts";

/** Constants beyond this are weights, not settings. */
const MAX_SETTING = 4096;

/** The constant behind a value: an initializer, or a Constant node, perhaps under another name. */
export function constantOf(value: Value | null | undefined): LazyTensor | null {
  for (let at = value, steps = 0; at && steps < 16; steps++) {
    if (at.constant) return at.constant;
    const node: Node | null = at.producer;
    if (node?.op === "Constant") {
      const attribute = node.attributes.get("value");
      return attribute?.kind === "tensor" ? attribute.value : null;
    }
    if (node?.op !== "Identity") return null;
    at = node.inputs[0];
  }
  return null;
}

/** The numbers of a small constant; null for anything else. */
export async function numbersOf(value: Value | null | undefined): Promise<number[] | null> {
  const constant = constantOf(value);
  if (!constant || constant.dtype === "string") return null;
  if (constant.shape.reduce((product, dim) => product * dim, 1) > MAX_SETTING) return null;
  // Raw words of the small floats are no numbers.
  if (/^(b?float16|float8|float4|u?int[24]$|complex)/.test(constant.dtype)) return null;
  const { data } = await constant.read();
  return Array.from(data as Iterable<number | bigint>, Number);
}

/** The shape of a weight, also where it is stored quantised and scaled back by the graph. */
export function weightShape(value: Value | null | undefined): readonly number[] | null {
  const constant = constantOf(value);
  if (constant) return constant.shape;
  const node = value?.producer;
  const unwraps = node?.op === "DequantizeLinear" || node?.op === "Cast";
  return unwraps ? (constantOf(node.inputs[0])?.shape ?? null) : null;
}

export function intsOf(node: Node, name: string): number[] | null {
  const attribute: Attribute | undefined = node.attributes.get(name);
  if (attribute?.kind === "ints") return Array.from(attribute.value, Number);
  return attribute?.kind === "int" ? [Number(attribute.value)] : null;
}

/** Operators that hand on what they get, so that what comes before them decides. */
export const TRANSPARENT: ReadonlySet<string> = new Set([
  "Identity",
  "Cast",
  "Reshape",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
  "Dropout",
  "QuantizeLinear",
  "DequantizeLinear",
  "Transpose",
]);

/** The operator that decides what an output is, past those that only hand on. */
export function decidingNode(output: Value): Node | null {
  let at: Value | null | undefined = output;
  for (let steps = 0; at?.producer && steps < 32; steps++) {
    if (!TRANSPARENT.has(at.producer.op)) return at.producer;
    at = at.producer.inputs[0];
  }
  return null;
}
