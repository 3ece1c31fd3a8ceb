import { removeAttribute } from "../../graph/attributes.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { type Extent, isSame } from "../../graph/infer/index.ts";
import { slicedLength } from "../../graph/infer/operators/slicing.ts";
import { intsAt, normalAxes } from "./elements.ts";
import { shapeFor } from "./reshapes.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** Beyond every length. */
const END = 2 ** 31 - 1;

/** Whether a shape, a number of repeats or an end is computed at run time. */
function isComputed(rewrite: Rewrite, value: Value | null | undefined): value is Value {
  return value != null && !rewrite.isConstant(value) && value.producer !== null;
}

function write(rewrite: Rewrite, node: Node, index: number, numbers: readonly number[]): void {
  const hint = node.inputs[index]?.name ?? "";
  rewrite.setInput(node, index, rewrite.ints(node.graph, `${hint}_known`, numbers));
}

/** The shape that the output has anyway, as far as constants, one -1 or copied lengths can say it. */
const reshape: Rule = (node, rewrite) => {
  const to = rewrite.shapeOf(node.outputs[0]);
  if (!to || !isComputed(rewrite, node.inputs[1])) return;
  const shape = shapeFor(to, rewrite.shapeOf(node.inputs[0]));
  if (!shape) return;
  removeAttribute(node, "allowzero");
  write(rewrite, node, 1, shape);
};

/** A length that the input has already is 1: it stretches nothing. */
const expand: Rule = (node, rewrite) => {
  const [from, to] = [rewrite.shapeOf(node.inputs[0]), rewrite.shapeOf(node.outputs[0])];
  if (!from || !to || !isComputed(rewrite, node.inputs[1])) return;
  const offset = to.length - from.length;
  const shape: number[] = [];
  for (const [axis, dim] of to.entries()) {
    const own = axis < offset ? null : from[axis - offset];
    if (typeof dim === "number") shape.push(dim);
    else if (isSame(dim, own)) shape.push(1);
    else return;
  }
  write(rewrite, node, 1, shape);
};

const tile: Rule = (node, rewrite) => {
  const [from, to] = [rewrite.shapeOf(node.inputs[0]), rewrite.shapeOf(node.outputs[0])];
  if (from?.length !== to?.length || !from || !to || !isComputed(rewrite, node.inputs[1])) return;
  const repeats: number[] = [];
  for (const [axis, dim] of to.entries()) {
    const own = from[axis] as Extent;
    if (isSame(dim, own) && own !== 0) repeats.push(1);
    else if (typeof dim === "number" && typeof own === "number" && own > 0 && dim % own === 0)
      repeats.push(dim / own);
    else return;
  }
  write(rewrite, node, 1, repeats);
};

/** An end that is the length of the axis, whatever that is. */
const slice: Rule = async (node, rewrite) => {
  const [from, to] = [rewrite.shapeOf(node.inputs[0]), rewrite.shapeOf(node.outputs[0])];
  if (!from || !to || !isComputed(rewrite, node.inputs[2])) return;
  const starts = await intsAt(rewrite, node, "starts", 1);
  const axes = await intsAt(rewrite, node, "axes", 3);
  const steps = await intsAt(rewrite, node, "steps", 4);
  if (!starts || axes === null || steps === null || steps?.some((step) => step !== 1)) return;
  const normal = normalAxes(axes ?? starts.map((_, axis) => axis), from.length);
  if (normal?.length !== starts.length) return;
  const toTheEnd = normal.every((axis, i) =>
    isSame(slicedLength(from[axis] ?? null, starts[i] ?? null, END, 1), to[axis]),
  );
  if (!toTheEnd || rewrite.dtypeOf(node.inputs[1]) !== "int64") return;
  write(
    rewrite,
    node,
    2,
    starts.map(() => END),
  );
};

export const targets = rulesPass(
  "targets",
  "Shapes, repeats and ends are constants where the output's shape tells them, even with lengths that it does not tell.",
  { Expand: expand, Reshape: reshape, Slice: slice, Tile: tile },
);
