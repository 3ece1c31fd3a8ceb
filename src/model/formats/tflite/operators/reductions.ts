import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { axisIn } from "../convert/layout.ts";
import { type Op, operator } from "../convert/operator.ts";

/** Reduces along axes that a constant tells; an ONNX operator that takes them as its second input. */
async function reduce(op: Op<"MEAN" | "SUM">, build: Build, name: string): Promise<void> {
  const [input, output] = [op.input(0), op.output(0)];
  const { keep_dims } = op.options;
  const rank = build.rank(input);
  const axes = (await build.numbers(op.input(1), "its list of axes")).map((axis) =>
    axisIn("last", axis, rank),
  );
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
  // What is left stands in the same order either way where no axis between the batch and the channels is.
  const isFree = keep_dims || rest.every((axis) => axis === 0 || axis === rank - 1);
  const layout = isFree ? build.layoutOf([input]) : "last";
  const along = build.ints(axes.map((axis) => axisIn(layout, axis, rank)).sort((a, b) => a - b));
  const y = build.node(name, [build.real(input, layout), along], {
    keepdims: attribute.int(keep_dims ? 1 : 0),
    noop_with_empty_axes: attribute.int(1),
  });
  build.setReal(output, y, keep_dims ? layout : "last");
}

export const REDUCTIONS = [
  operator("MEAN", (op, build) => reduce(op, build, "ReduceMean")),
  operator("SUM", (op, build) => reduce(op, build, "ReduceSum")),
];
