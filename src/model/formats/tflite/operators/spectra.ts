import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { entriesOf, type Length, list } from "../convert/lengths.ts";
import { operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/** A Fourier transform along an axis, of the signal cut or filled with zeros to a length. */
function transform(build: Build, x: Value, length: Length, axis: number, isReal: boolean): Value {
  const size = build.node("Squeeze", [list(build, [length])]);
  const attributes = isReal ? { onesided: attribute.int(1) } : {};
  return build.node("DFT", [x, size, build.scalar(axis, "int64")], attributes);
}

function part(build: Build, input: TfliteTensor, output: TfliteTensor, index: number): void {
  const parts = build.pairs(input);
  const which = build.scalar(index, "int64");
  build.setReal(output, build.node("Gather", [parts, which], { axis: attribute.int(-1) }));
}

/** Complex numbers are pairs of real ones: see Build.pairs. */
export const SPECTRA = [
  // Over the last two axes, of real numbers: of the last one, the half that tells all.
  operator("RFFT2D", async (op, build) => {
    const input = op.input(0);
    const rank = build.rank(input);
    const lengths = await entriesOf(build, op.input(1), "its list of lengths");
    const [height, width] = lengths;
    if (rank < 2 || height === undefined || width === undefined || lengths.length > 2)
      throw refuse(`it transforms ${lengths.length} of ${rank} axes`);
    // DFT wants an axis in front of those that it works on, and one for the parts behind.
    const x = build.node("Unsqueeze", [build.real(input), build.ints([0, rank + 1])]);
    let y = transform(build, x, width, rank, true);
    // The transform of one number is itself.
    if (height !== 1 || build.dims(input)?.[rank - 2] !== 1) y = transform(build, y, height, rank - 1, false);
    build.setPairs(op.output(0), build.node("Squeeze", [y, build.ints([0])]));
  }),
  operator("COMPLEX_ABS", (op, build) => {
    const parts = build.pairs(op.input(0));
    const y = build.node("ReduceL2", [parts, build.ints([-1])], { keepdims: attribute.int(0) });
    build.setReal(op.output(0), y);
  }),
  operator("REAL", (op, build) => part(build, op.input(0), op.output(0), 0)),
  operator("IMAG", (op, build) => part(build, op.input(0), op.output(0), 1)),
];
