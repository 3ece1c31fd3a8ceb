import { attribute } from "../../../graph/index.ts";
import { computedIn, KERNELS } from "../convert/kernels.ts";
import { axisIn } from "../convert/layout.ts";
import { operator } from "../convert/operator.ts";
import { realType } from "../convert/pointwise.ts";

export const SCANNING = [
  // The axis may be computed while the model runs.
  operator("CUMSUM", async (op, build) => {
    const [input, along, output] = [op.input(0), op.input(1), op.output(0)];
    const { exclusive, reverse } = op.options;
    const real = realType(build, input);
    const dtype = computedIn(real, KERNELS.summed);
    const [known] = build.constantOf(along) ? await build.numbers(along, "its axis") : [];
    const layout = known === undefined ? "last" : build.layoutOf([input]);
    const axis =
      known === undefined
        ? build.node("Reshape", [build.stored(along), build.ints([])])
        : build.scalar(axisIn(layout, known, build.rank(input)), "int64");
    const x = build.real(input, layout);
    const y = build.node("CumSum", [real === dtype ? x : build.cast(x, dtype), axis], {
      exclusive: attribute.int(exclusive ? 1 : 0),
      reverse: attribute.int(reverse ? 1 : 0),
    });
    build.setReal(output, real === dtype ? y : build.cast(y, real), layout);
  }),
];
