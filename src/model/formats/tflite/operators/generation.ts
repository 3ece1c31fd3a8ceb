import { computedIn } from "../convert/kernels.ts";
import { wholeOf } from "../convert/lengths.ts";
import { operator } from "../convert/operator.ts";
import { realType } from "../convert/pointwise.ts";

/** Tensors that are made rather than computed. */
export const GENERATION = [
  operator("FILL", async (op, build) => {
    const shape = await wholeOf(build, op.input(0), "its shape");
    const filled = build.node("Expand", [build.stored(op.input(1)), shape]);
    build.setStored(op.output(0), filled);
  }),
  operator("ZEROS_LIKE", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const layout = build.layoutOf([input]);
    const zero = build.scalar(0, realType(build, output));
    const shape = build.node("Shape", [build.stored(input, layout)]);
    build.setReal(output, build.node("Expand", [zero, shape]), layout);
  }),
  operator("RANGE", (op, build) => {
    const output = op.output(0);
    const wanted = realType(build, output);
    const dtype = computedIn(wanted, ["float32", "float64", "int16", "int32", "int64"]);
    const scalars = [0, 1, 2].map((index) => {
      const input = op.input(index);
      const value = build.real(input);
      const cast = realType(build, input) === dtype ? value : build.cast(value, dtype);
      // It may be a list of one.
      return input.dims?.length === 0 ? cast : build.node("Reshape", [cast, build.ints([])]);
    });
    const range = build.node("Range", scalars);
    build.setReal(output, dtype === wanted ? range : build.cast(range, wanted));
  }),
  operator("RANK", (op, build) => {
    build.setStored(op.output(0), build.scalar(build.rank(op.input(0)), "int32"));
  }),
];
