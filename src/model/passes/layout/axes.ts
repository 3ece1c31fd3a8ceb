import { attribute, intOf } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";
import type { Extent } from "../../graph/infer/index.ts";
import { isSame } from "../../graph/infer/index.ts";
import { shapeFor, toReshape } from "../simplify/reshapes.ts";
import type { Rewrite } from "../simplify/rewrite.ts";
import {
  type Facts,
  normalAxes,
  normalAxis,
  numbersAt,
  type Passage,
  type PassageRow,
  row,
} from "./passage.ts";
import { type Permutation, permuteBack } from "./permutation.ts";

/** Says axes anew where the node said them: in its attribute, or in an input. */
function setAxes(rewrite: Rewrite, node: Node, index: number, axes: readonly number[]): void {
  if (node.attributes.has("axes")) rewrite.setAttribute(node, "axes", attribute.ints(axes));
  else rewrite.setInput(node, index, rewrite.ints(node.graph, `${node.outputs[0]?.name ?? ""}_axes`, axes));
}

/** The transposition that is left of one when axes go. */
function without(perm: Permutation, axes: readonly number[]): number[] {
  const gone = new Set(axes.map((axis) => perm[axis] as number));
  const left = perm.filter((axis) => !gone.has(axis));
  const order = [...left].sort((a, b) => a - b);
  const places = new Map(order.map((axis, place) => [axis, place]));
  return left.map((axis) => places.get(axis) as number);
}

const REDUCE_OPS =
  "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare";

/** Without axes all of them are meant, or none: nothing is left to be transposed, or a node that does nothing. */
const REDUCE = row(
  (node, perm, facts) => {
    const given = numbersAt(node, "axes", 1, facts);
    const axes = given && given.length > 0 ? normalAxes(given, perm.length) : null;
    return axes && reduced(node, perm, axes, (moved) => setAxes(facts.rewrite, node, 1, moved));
  },
  [1],
);

const RANK = row((node, perm, { rewrite }) => {
  const axis = normalAxis(intOf(node, "axis", 0), perm.length);
  if (axis === null) return null;
  return reduced(node, perm, [axis], ([moved = 0]) =>
    rewrite.setAttribute(node, "axis", attribute.int(moved)),
  );
});

function reduced(
  node: Node,
  perm: Permutation,
  axes: readonly number[],
  set: (axes: readonly number[]) => void,
): Passage {
  const keeps = intOf(node, "keepdims", 1) !== 0;
  return {
    inputs: [0],
    perm: keeps ? perm : without(perm, axes),
    apply: () => set(axes.map((axis) => perm[axis] as number)),
  };
}

const SQUEEZE = row(
  (node, perm, facts) => {
    const given = numbersAt(node, "axes", 1, facts);
    const axes = given && normalAxes(given, perm.length);
    if (!axes) return null;
    return {
      inputs: [0],
      perm: without(perm, axes),
      apply: () =>
        setAxes(
          facts.rewrite,
          node,
          1,
          axes.map((axis) => perm[axis] as number),
        ),
    };
  },
  [1],
);

/** The new axes stay in their places. */
const UNSQUEEZE = row(
  (node, perm, facts) => {
    const given = numbersAt(node, "axes", 1, facts);
    const axes = given && normalAxes(given, perm.length + given.length);
    if (!axes) return null;
    return {
      inputs: [0],
      perm: withNew(perm, new Set(axes)),
      apply: () => setAxes(facts.rewrite, node, 1, axes),
    };
  },
  [1],
);

/** A transposition of some axes among others that stay where they are. */
function withNew(perm: Permutation, fixed: ReadonlySet<number>): number[] {
  const rank = perm.length + fixed.size;
  const places = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !fixed.has(axis));
  let next = 0;
  return Array.from({ length: rank }, (_, axis) =>
    fixed.has(axis) ? axis : (places[perm[next++] as number] as number),
  );
}

/** One that only takes out axes of length 1, or puts some in. */
const RESHAPE = row((node, perm, { rewrite }) => {
  const [from, to] = [rewrite.shapeOf(node.inputs[0]), rewrite.shapeOf(node.outputs[0])];
  if (!from || !to || from.length !== perm.length || rewrite.opset(node.graph) < 5) return null;
  const long = from.map((_, axis) => axis).filter((axis) => from[axis] !== 1);
  const kept = to.filter((length) => length !== 1);
  if (kept.length !== long.length || !long.every((axis, i) => isSame(from[axis], kept[i]))) return null;
  // The axes that are left, in the order in which they stand before the transposition.
  const order = [...long].sort((a, b) => (perm[a] as number) - (perm[b] as number));
  const places = new Map(order.map((axis, place) => [axis, place]));
  const units = new Set(to.flatMap((length, axis) => (length === 1 ? [axis] : [])));
  const after = withNew(
    long.map((axis) => places.get(axis) as number),
    units,
  );
  const shape = shapeFor(permuteBack(to, after), permuteBack(from, perm) as Extent[]);
  if (!shape) return null;
  return {
    inputs: [0],
    perm: after,
    apply() {
      const [value] = node.inputs;
      if (value) toReshape(rewrite, node, value, shape);
    },
  };
});

const PAD = row(
  (node, perm, facts) => {
    const { rewrite } = facts;
    const [pads, given] = [numbersAt(node, "", 1, facts), numbersAt(node, "", 3, facts)];
    if (!pads || given === null || rewrite.opset(node.graph) < 11) return null;
    if (given) return listed(node, perm, given, 3, facts);
    if (pads.length !== 2 * perm.length) return null;
    const half = perm.length;
    const moved = [pads.slice(0, half), pads.slice(half)].flatMap((side) => permuteBack(side, perm));
    return { inputs: [0], perm, apply: () => setNumbers(rewrite, node, 1, moved) };
  },
  [1, 3],
);

function setNumbers(rewrite: Rewrite, node: Node, index: number, numbers: readonly number[]): void {
  rewrite.setInput(node, index, rewrite.ints(node.graph, `${node.inputs[index]?.name ?? ""}_moved`, numbers));
}

/** A node that is told the axes that it works on. */
function listed(
  node: Node,
  perm: Permutation,
  given: readonly number[],
  index: number,
  { rewrite }: Facts,
): Passage | null {
  const axes = normalAxes(given, perm.length);
  return (
    axes && {
      inputs: [0],
      perm,
      apply: () =>
        setAxes(
          rewrite,
          node,
          index,
          axes.map((axis) => perm[axis] as number),
        ),
    }
  );
}

const SLICE = row(
  (node, perm, facts) => {
    if (facts.rewrite.opset(node.graph) < 10) return null;
    const given = numbersAt(node, "", 3, facts);
    const count = facts.rewrite.shapeOf(node.inputs[1])?.[0];
    if (given === null || (given === undefined && typeof count !== "number")) return null;
    const axes = given ?? Array.from({ length: Math.min(count as number, perm.length) }, (_, axis) => axis);
    return listed(node, perm, axes, 3, facts);
  },
  [3],
);

const TILE = row(
  (node, perm, facts) => {
    const times = numbersAt(node, "", 1, facts);
    if (times?.length !== perm.length || facts.rewrite.opset(node.graph) < 6) return null;
    return {
      inputs: [0],
      perm,
      apply: () => setNumbers(facts.rewrite, node, 1, permuteBack(times, perm)),
    };
  },
  [1],
);

/** One that is told its axes. Between elements it works on the last two or on those before the last: the runtime has no others. */
const RESIZE = row((node, perm, { rewrite }) => {
  const given = node.attributes.get("axes");
  if (given?.kind !== "ints" || node.inputs[1]) return null;
  const axes = normalAxes(given.value.map(Number), perm.length);
  if (!axes) return null;
  const moved = axes.map((axis) => perm[axis] as number);
  const order = [...moved].sort((a, b) => a - b).join();
  if (perm.length !== 4 || (order !== "2,3" && order !== "1,2")) return null;
  return { inputs: [0], perm, apply: () => rewrite.setAttribute(node, "axes", attribute.ints(moved)) };
});

/** Operators that are told axes. */
export const AXES: readonly (readonly [string, PassageRow])[] = [
  ...REDUCE_OPS.split(" ").map((op) => [op, REDUCE] as const),
  ["ArgMax", RANK],
  ["ArgMin", RANK],
  ["Squeeze", SQUEEZE],
  ["Unsqueeze", UNSQUEEZE],
  ["Reshape", RESHAPE],
  ["Pad", PAD],
  ["Slice", SLICE],
  ["Tile", TILE],
  ["Resize", RESIZE],
];
