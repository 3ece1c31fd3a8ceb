import type { Value } from "../../../graph/graph.ts";
import type { Build } from "../convert/build.ts";
import { computedIn } from "../convert/kernels.ts";
import { operator } from "../convert/operator.ts";
import { realType } from "../convert/pointwise.ts";
import type { TfliteTensor } from "../file/model.ts";

/** Lengths as ONNX wants them. */
function lengths(build: Build, tensor: TfliteTensor): Value {
  const value = build.stored(tensor);
  return build.dtype(tensor) === "int64" ? value : build.cast(value, "int64");
}

/** Tensors that are made rather than computed. */
export const GENERATION = [
  operator("FILL", (op, build) => {
    const filled = build.node("Expand", [build.stored(op.input(1)), lengths(build, op.input(0))]);
    build.setStored(op.output(0), filled);
  }),
  operator("ZEROS_LIKE", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const zero = build.scalar(0, realType(build, output));
    build.setReal(output, build.node("Expand", [zero, build.node("Shape", [build.stored(input)])]));
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
