import { attribute } from "../../../graph/index.ts";
import { computedIn, KERNELS } from "../convert/kernels.ts";
import { operator } from "../convert/operator.ts";
import { realType } from "../convert/pointwise.ts";

export const SCANNING = [
  // The axis may be computed while the model runs.
  operator("CUMSUM", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const { exclusive, reverse } = op.options;
    const real = realType(build, input);
    const dtype = computedIn(real, KERNELS.summed);
    const x = build.real(input);
    const axis = build.node("Reshape", [build.stored(op.input(1)), build.ints([])]);
    const y = build.node("CumSum", [real === dtype ? x : build.cast(x, dtype), axis], {
      exclusive: attribute.int(exclusive ? 1 : 0),
      reverse: attribute.int(reverse ? 1 : 0),
    });
    build.setReal(output, real === dtype ? y : build.cast(y, real));
  }),
];
