import { attribute } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import type { Rewrite } from "../simplify/rewrite.ts";
import { type BlockScheme, hasFloatZeros } from "./blocks.ts";
import type { Matrix } from "./packed.ts";

/*
 * A product with zero points that are floats, as runtimes on CPU compute it fast. (q − z) · s is (q − 8) · s + (8 − z) · s: with the middle
 * as its zero point a block needs none, and the rest, the same for every element of a block, is multiplied with the sum of what the block
 * is multiplied with: a product that is as many times smaller as blocks have elements. ONNX Runtime's kernel (1.30) for zero points
 * that are floats writes the whole matrix out in float32 in every run: of 4096 × 4096 and one row that takes 30 times as long.
 */

/** Since then, Reshape takes its shape as an input. */
const RESHAPE_OPSET = 5;
/** Since then, ReduceSum takes its axes as an input. */
const REDUCE_OPSET = 13;

/** Whether the product of a node can have its zero points as shifts. */
export function takesShifts(node: Node, matrix: Matrix, scheme: BlockScheme, rewrite: Rewrite): boolean {
  const rank = rewrite.shapeOf(node.inputs[0])?.length ?? 0;
  return (
    hasFloatZeros(scheme) &&
    matrix.k % scheme.size === 0 &&
    rank >= 2 &&
    rewrite.opset(node.graph) >= RESHAPE_OPSET
  );
}

/**
 * The sums of the elements that a product multiplies blocks with, times the shifts, before its node.
 * @param shifts float32, [N, blocks]
 * @returns what is to be added to the product
 */
export function insertShift(
  node: Node,
  shifts: Value,
  { k, n }: Matrix,
  size: number,
  rewrite: Rewrite,
): Value {
  const { graph } = node;
  const blocks = k / size;
  const [a] = node.inputs as readonly Value[] as [Value];
  const [output] = node.outputs as readonly Value[] as [Value];
  const outer = (rewrite.shapeOf(a) ?? []).slice(0, -1);
  const name = (hint: string) => node.name && rewrite.nodeName(`${node.name}_${hint}`);
  const inBlocks = rewrite.value(graph, `${output.name}_blocks`, "float32", [...outer, blocks, size]);
  rewrite.insertBefore(node, {
    op: "Reshape",
    name: name("blocks"),
    inputs: [a, rewrite.ints(graph, `${output.name}_shape`, [...outer.map(() => 0), blocks, size])],
    outputs: [inBlocks],
  });
  const sums = rewrite.value(graph, `${output.name}_sums`, "float32", [...outer, blocks]);
  const axes = [outer.length + 1];
  const isInput = rewrite.opset(graph) >= REDUCE_OPSET;
  rewrite.insertBefore(node, {
    op: "ReduceSum",
    name: name("sums"),
    inputs: isInput ? [inBlocks, rewrite.ints(graph, `${output.name}_axis`, axes)] : [inBlocks],
    outputs: [sums],
    attributes: { keepdims: attribute.int(0), ...(isInput ? {} : { axes: attribute.ints(axes) }) },
  });
  // The runtime turns them once, when it loads the model; and what is computed no quantiser takes for weights.
  const turned = rewrite.value(graph, `${output.name}_shifts`, "float32", [blocks, n]);
  rewrite.insertBefore(node, {
    op: "Transpose",
    name: name("shifts"),
    inputs: [shifts],
    outputs: [turned],
    attributes: { perm: attribute.ints([1, 0]) },
  });
  const shift = rewrite.value(graph, `${output.name}_shift`, "float32", rewrite.shapeOf(output));
  rewrite.insertBefore(node, {
    op: "MatMul",
    name: name("shift"),
    inputs: [sums, turned],
    outputs: [shift],
  });
  return shift;
}
