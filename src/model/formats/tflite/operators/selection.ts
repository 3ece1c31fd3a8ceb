import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { computedIn, KERNELS } from "../convert/kernels.ts";
import type { Layout } from "../convert/layout.ts";
import { type Op, operator } from "../convert/operator.ts";
import { realType } from "../convert/pointwise.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/** One of two values for each element, as a condition in that layout says. */
function choose(op: Op, build: Build, condition: Value, layout: Layout, rank: number): void {
  const output = op.output(0);
  const wanted = realType(build, output);
  const dtype = computedIn(wanted, KERNELS.chosen);
  const read = (tensor: TfliteTensor) => {
    const value = build.aligned(tensor, layout, rank);
    return realType(build, tensor) === dtype ? value : build.cast(value, dtype);
  };
  const chosen = build.node("Where", [condition, read(op.input(1)), read(op.input(2))]);
  build.setReal(output, dtype === wanted ? chosen : build.cast(chosen, wanted), layout);
}

export const SELECTION = [
  // A condition of fewer axes is of the first one: of rows.
  operator("SELECT", (op, build) => {
    const condition = op.input(0);
    const [own, rank] = [build.rank(condition), build.rank(op.input(1))];
    if (own === rank) {
      const layout = build.layoutOf(op.inputs);
      return choose(op, build, build.aligned(condition, layout, rank), layout, rank);
    }
    if (own > 1) throw refuse(`its condition has ${own} axes, and what it selects ${rank}`);
    const axes = Array.from({ length: rank - own }, (_, i) => i + own);
    const rows = build.node("Unsqueeze", [build.stored(condition), build.ints(axes)]);
    choose(op, build, rows, "last", rank);
  }),
  // All three are broadcast.
  operator("SELECT_V2", (op, build) => {
    const inputs = [op.input(0), op.input(1), op.input(2)];
    const layout = build.layoutOf(inputs);
    const rank = Math.max(...inputs.map((input) => build.rank(input)));
    choose(op, build, build.aligned(op.input(0), layout, rank), layout, rank);
  }),
  // Where it is not zero: a row of positions for each.
  operator("WHERE", (op, build) => {
    const input = op.input(0);
    if (build.rank(input) === 0) throw refuse("its input is a scalar");
    const x = build.stored(input);
    const condition = build.dtype(input) === "bool" ? x : build.cast(x, "bool");
    const found = build.node("NonZero", [condition]);
    build.setStored(op.output(0), build.node("Transpose", [found], { perm: attribute.ints([1, 0]) }));
  }),
];
