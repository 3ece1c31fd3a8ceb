import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { DTYPES } from "../../../tensor/index.ts";
import type { Build } from "../convert/build.ts";
import type { Attributes } from "../convert/emit.ts";
import { wholeOf } from "../convert/lengths.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";

type Random = "RANDOM_UNIFORM" | "RANDOM_STANDARD_NORMAL" | "MULTINOMIAL";

/** Numbers that differ each time, unless the original has a seed; those that follow are not those of the original. */
function seedOf(op: Op<Random>, build: Build): Attributes {
  const { seed, seed2 } = op.options;
  build.approximate(`${op.name} draws from the same distribution, but other numbers than the original`);
  // The attribute is a float, in which only small whole numbers differ.
  return seed === 0n && seed2 === 0n
    ? {}
    : { seed: attribute.float(Number(BigInt.asUintN(24, seed * 31n + seed2))) };
}

/** Numbers of a shape that a tensor tells. */
async function draw(op: Op<Random>, build: Build, name: string): Promise<void> {
  const shape = await wholeOf(build, op.input(0), "its shape");
  const like: Value = build.node("Expand", [build.scalar(0), shape]);
  build.setReal(op.output(0), build.node(name, [like], seedOf(op, build)));
}

export const RANDOM = [
  operator("RANDOM_UNIFORM", (op, build) => draw(op, build, "RandomUniformLike")),
  operator("RANDOM_STANDARD_NORMAL", (op, build) => draw(op, build, "RandomNormalLike")),
  operator("MULTINOMIAL", async (op, build) => {
    const output = op.output(0);
    const [count] = await build.numbers(op.input(1), "its number of samples");
    if (count === undefined || count < 1) throw refuse(`it draws ${count} samples`);
    const dtype = build.dtype(output) === "int64" ? "int64" : "int32";
    build.setStored(
      output,
      build.node("Multinomial", [build.real(op.input(0))], {
        sample_size: attribute.int(count),
        dtype: attribute.int(DTYPES[dtype].onnx),
        ...seedOf(op, build),
      }),
    );
  }),
];
