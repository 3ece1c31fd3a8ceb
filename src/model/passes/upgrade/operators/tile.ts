import type { Value } from "../../../graph/graph.ts";
import type { Adapter } from "../adapter.ts";
import { intsConstant } from "../attributes.ts";
import { cast, concat, onesLike, reshapeTo, shape, slice, TO_END } from "../build.ts";

/** Opset 1 repeated along one axis, both told by inputs of the tensor's own type; since 6 every dimension has its count. */
export const tile: Adapter = {
  op: "Tile",
  since: 6,
  types: true,
  async adapt(node, step) {
    const data = step.input(node, 0);
    const tiles = step.input(node, 1);
    const rank = step.rankOf(data);
    const [axis, ...others] = (await step.numbersOf(node.inputs[2])) ?? [];
    if (axis === undefined || others.length > 0 || !Number.isInteger(axis))
      return step.refuse("its axis is computed");
    const counts = await step.numbersOf(tiles);
    let repeats: Value;
    if (rank !== null && counts?.length === 1) {
      const at = axis < 0 ? axis + rank : axis;
      if (at < 0 || at >= rank) return step.refuse(`its axis ${axis} is none of ${rank} dimensions`);
      const each = Array.from({ length: rank }, (_, i) => (i === at ? Number(counts[0]) : 1));
      repeats = intsConstant(node, "repeats", each, step);
    } else {
      if (axis < 0) return step.refuse("its axis counts from a number of dimensions that is unknown");
      const count = reshapeTo(
        node,
        cast(node, tiles, "int64", step),
        intsConstant(node, "one", [1], step),
        step,
      );
      const ones = onesLike(node, shape(node, data, step), step);
      const parts = [count, slice(node, ones, axis + 1, TO_END, step)];
      if (axis > 0) parts.unshift(slice(node, ones, 0, axis, step));
      repeats = concat(node, parts, step);
    }
    step.setInput(node, 2, null);
    node.inputs.length = 2;
    step.setInput(node, 1, repeats);
  },
};
