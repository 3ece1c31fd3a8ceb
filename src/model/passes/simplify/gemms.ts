import { attributesOf, removeAttribute } from "../../graph/attributes.ts";
import { attribute, floatOf, intOf, intsOf } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { isSame, isSameShape } from "../../graph/infer/index.ts";
import type { DType } from "../../tensor/dtype.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** Types for which the runtime has Gemm wherever it has MatMul. */
const GEMM: ReadonlySet<DType | null> = new Set<DType | null>(["float32", "float64"]);
/** Since then, C is broadcast by shape alone. */
const GEMM_OPSET = 7;

/** MatMul and Add, both of matrices: Gemm, whose C is stretched to the product and never the other way round. */
function addToMatMul(node: Node, rewrite: Rewrite): void {
  for (const at of [0, 1]) {
    const product = rewrite.producer(node, at);
    const bias = node.inputs[1 - at];
    if (product?.op !== "MatMul" || !bias || rewrite.onlyReader(node.inputs[at]) !== node) continue;
    if (!isMatrices(rewrite, product) || !GEMM.has(rewrite.dtypeOf(bias))) continue;
    if (!isStretchedTo(rewrite, bias, node.inputs[at] as Value)) continue;
    // The Gemm stands where the Add stood: by then its C has been computed.
    rewrite.setInputs(node, [...product.inputs, bias]);
    node.op = "Gemm";
    rewrite.remove(product);
    return;
  }
}

function isMatrices(rewrite: Rewrite, { graph, inputs }: Node): boolean {
  return (
    rewrite.opset(graph) >= GEMM_OPSET &&
    inputs.length === 2 &&
    inputs.every((input) => rewrite.shapeOf(input)?.length === 2 && GEMM.has(rewrite.dtypeOf(input)))
  );
}

function isStretchedTo(rewrite: Rewrite, bias: Value, product: Value): boolean {
  const [from, to] = [rewrite.shapeOf(bias), rewrite.shapeOf(product)];
  if (!from || !to || from.length > 2) return false;
  const offset = 2 - from.length;
  return from.every((dim, axis) => dim === 1 || isSame(dim, to[offset + axis]));
}

/** Whether a node swaps the two axes of a matrix. */
function isSwap(node: Node | null): node is Node {
  const perm = node?.op === "Transpose" ? intsOf(node, "perm") : null;
  return node?.op === "Transpose" && (perm === null || (perm.length === 2 && perm[0] === 1));
}

/** Gemm transposes A and B itself. */
function takeSwaps(node: Node, rewrite: Rewrite): void {
  for (const [at, name] of ["transA", "transB"].entries()) {
    const before = rewrite.producer(node, at);
    if (!isSwap(before) || !before.inputs[0]) continue;
    rewrite.setInput(node, at, before.inputs[0]);
    rewrite.setAttribute(node, name, attribute.int(1 - intOf(node, name, 0)));
  }
}

/** MatMul of matrices, one of them transposed by a node of its own, is a Gemm without C (optional since opset 11). */
const matMul: Rule = (node, rewrite) => {
  if (rewrite.opset(node.graph) < 11 || !isMatrices(rewrite, node)) return;
  const swapped = [0, 1].some((at) => {
    const before = rewrite.producer(node, at);
    return isSwap(before) && rewrite.onlyReader(node.inputs[at]) === node;
  });
  if (!swapped) return;
  node.op = "Gemm";
  rewrite.modified = true;
  takeSwaps(node, rewrite);
};

/** A Gemm without C whose sum somebody else makes. */
function addToGemm(node: Node, rewrite: Rewrite): void {
  for (const at of [0, 1]) {
    const product = rewrite.producer(node, at);
    const bias = node.inputs[1 - at];
    if (product?.op !== "Gemm" || product.inputs[2] || !bias) continue;
    if (rewrite.onlyReader(node.inputs[at]) !== node || rewrite.opset(node.graph) < GEMM_OPSET) continue;
    if (!isStretchedTo(rewrite, bias, node.inputs[at] as Value)) continue;
    if (!isSameShape(rewrite.shapeOf(node.inputs[at]), rewrite.shapeOf(node.outputs[0]))) continue;
    const { attributes } = product;
    rewrite.setInputs(node, [product.inputs[0] ?? null, product.inputs[1] ?? null, bias]);
    node.op = "Gemm";
    node.attributes = attributesOf(attributes);
    if (floatOf(node, "beta", 1) !== 1) removeAttribute(node, "beta");
    rewrite.remove(product);
    return;
  }
}

export const gemms = rulesPass("gemms", "Products of matrices with a sum or a transposition are one Gemm.", {
  Add(node, rewrite) {
    addToMatMul(node, rewrite);
    if (node.op === "Add") addToGemm(node, rewrite);
  },
  Gemm: takeSwaps,
  MatMul: matMul,
});
