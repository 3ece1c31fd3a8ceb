import { attribute } from "../../graph/edit.ts";
import type { Attribute, Node, Value } from "../../graph/graph.ts";
import type { Rewrite } from "../simplify/rewrite.ts";
import type { WeightScheme } from "./blocks.ts";
import type { Matrix } from "./packed.ts";
import { insertShift } from "./shifts.ts";

export const DOMAIN = "com.microsoft";

/** The constants that a weight has become; null is what there is none of. */
export interface Parts {
  readonly codes: Value;
  readonly scales: Value;
  readonly zeros: Value | null;
  /** What stands in for zero points, and is added to the product of each block. */
  readonly shifts: Value | null;
}

/** Inputs that are left out at the end are not there. */
function inputsOf(first: readonly (Value | null)[], { codes, scales, zeros }: Parts, at: number) {
  const inputs = [...first.slice(0, at), codes, ...first.slice(at), scales];
  return zeros ? [...inputs, zeros] : inputs;
}

/** MatMulNBits in the place of a MatMul or Gemm; what is added to it comes behind. */
export function multiply(
  node: Node,
  parts: Parts,
  matrix: Matrix,
  { bits, size, accuracy }: WeightScheme,
  rewrite: Rewrite,
): void {
  const [a = null, , sum] = node.inputs;
  const attributes = new Map([
    ["K", attribute.int(matrix.k)],
    ["N", attribute.int(matrix.n)],
    ["bits", attribute.int(bits)],
    ["block_size", attribute.int(size)],
  ]);
  if (accuracy > 0) attributes.set("accuracy_level", attribute.int(accuracy));
  const inputs = inputsOf([a], parts, 1);
  const added: Value[] = [];
  if (parts.shifts) added.push(insertShift(node, parts.shifts, matrix, size, rewrite));
  if (sum) added.push(sum);
  const last = added.pop();
  if (!last) {
    become(node, "MatMulNBits", inputs, attributes, rewrite, DOMAIN);
    return;
  }
  const output = node.outputs[0] as Value;
  const shape = rewrite.shapeOf(output);
  const value = (hint: string) => rewrite.value(node.graph, `${output.name}_${hint}`, "float32", shape);
  const name = (hint: string) => node.name && rewrite.nodeName(`${node.name}_${hint}`);
  let product = value("product");
  rewrite.insertBefore(node, {
    op: "MatMulNBits",
    domain: DOMAIN,
    name: name("product"),
    inputs,
    outputs: [product],
    attributes,
  });
  for (const each of added) {
    const shifted = value("shifted");
    const outputs = [shifted];
    rewrite.insertBefore(node, { op: "Add", name: name("shifted"), inputs: [product, each], outputs });
    product = shifted;
  }
  become(node, "Add", [product, last], new Map(), rewrite);
}

/** GatherBlockQuantized in the place of a Gather of rows. */
export function gather(
  node: Node,
  parts: Parts,
  size: number,
  { bits }: WeightScheme,
  rewrite: Rewrite,
): void {
  const attributes = new Map([
    ["bits", attribute.int(bits)],
    ["block_size", attribute.int(size)],
    ["gather_axis", attribute.int(0)],
    ["quantize_axis", attribute.int(1)],
  ]);
  const indices = node.inputs[1] ?? null;
  become(node, "GatherBlockQuantized", inputsOf([indices], parts, 0), attributes, rewrite, DOMAIN);
}

/** Another operator in the place of a node, whose name and outputs stay. */
function become(
  node: Node,
  op: string,
  inputs: readonly (Value | null)[],
  attributes: Map<string, Attribute>,
  rewrite: Rewrite,
  domain = "",
): void {
  rewrite.setInputs(node, inputs);
  node.op = op;
  node.domain = domain;
  node.attributes = attributes;
}
