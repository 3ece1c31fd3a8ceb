import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { computedIn, KERNELS } from "../convert/kernels.ts";
import { axisIn } from "../convert/layout.ts";
import { type Op, operator } from "../convert/operator.ts";

/** Where the largest or smallest stands along an axis; the first of equal ones. Quantised numbers have the order of real ones. */
async function extreme(op: Op<"ARG_MAX" | "ARG_MIN">, build: Build, name: string): Promise<void> {
  const [input, output] = [op.input(0), op.output(0)];
  const rank = build.rank(input);
  const [given = 0] = await build.numbers(op.input(1), "its axis");
  const axis = axisIn("last", given, rank);
  // The axes that are left stand in the same order either way where that of the channels goes.
  const layout = axis === rank - 1 ? build.layoutOf([input]) : "last";
  const dtype = build.dtype(input);
  const wide = computedIn(dtype, KERNELS.ranked);
  const x = build.stored(input, layout);
  const found = build.node(name, [wide === dtype ? x : build.cast(x, wide)], {
    axis: attribute.int(axisIn(layout, axis, rank)),
    keepdims: attribute.int(0),
  });
  const wanted = build.dtype(output);
  build.setStored(output, wanted === "int64" ? found : build.cast(found, wanted));
}

export const RANKING = [
  operator("ARG_MAX", (op, build) => extreme(op, build, "ArgMax")),
  operator("ARG_MIN", (op, build) => extreme(op, build, "ArgMin")),
];
