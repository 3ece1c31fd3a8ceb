import type { Value } from "../../../graph/graph.ts";
import type { Build } from "../convert/build.ts";
import { operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";

/** What a window does with two numbers, by ReduceWindowFunction of schema.fbs. */
const JOINS: readonly (string | null)[] = [null, "Add", "Mul", "Min", "Max", "And", "Or"];

/** A window is written out, a node for each place along an axis. */
const MAX_PLACES = 1024;

/** One axis of windows. */
interface Axis {
  readonly axis: number;
  readonly length: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
}

/** Joins what stands at each place of the windows along one axis: the axes may be joined one after the other. */
function along(build: Build, x: Value, join: string, at: Axis): Value {
  const { axis, length, size, stride, dilation } = at;
  const reach = (size - 1) * dilation + 1;
  const count = Math.floor((length - reach) / stride) + 1;
  if (count < 1) throw refuse(`its window reaches over ${reach} of ${length}`);
  if (size === 1 && stride === 1) return x;
  const places = Array.from({ length: size }, (_, i) => {
    const first = i * dilation;
    const last = first + (count - 1) * stride + 1;
    return build.node("Slice", [
      x,
      build.ints([first]),
      build.ints([last]),
      build.ints([axis]),
      build.ints([stride]),
    ]);
  });
  return places.reduce((joined, place) => build.node(join, [joined, place]));
}

export const WINDOWS = [
  operator("REDUCE_WINDOW", async (op, build) => {
    const [input, start, output] = [op.input(0), op.input(1), op.output(0)];
    const join = JOINS[op.options.reduce_function];
    if (!join) throw refuse(`its function has the number ${op.options.reduce_function}`);
    const [sizes = [], strides = [], dilations = []] = await Promise.all(
      ["window", "list of strides", "list of dilations"].map((what, i) =>
        build.numbers(op.input(2 + i), `its ${what}`),
      ),
    );
    if (sizes.reduce((sum, size) => sum + size, 0) > MAX_PLACES) throw refuse("its window is too large");
    let value = build.stored(input);
    for (const [axis, size] of sizes.entries()) {
      const [stride = 1, dilation = 1, length] = [strides[axis], dilations[axis], build.dims(input)?.[axis]];
      if (Math.min(size, stride, dilation) < 1) throw refuse("its window is empty");
      // What need not be moved over may have any length.
      if (size === 1 && stride === 1) continue;
      if (typeof length !== "number") throw refuse("a length that its window moves over is open");
      value = along(build, value, join, { axis, length, size, stride, dilation });
    }
    build.setStored(output, build.node(join, [value, build.stored(start)]));
  }),
];
