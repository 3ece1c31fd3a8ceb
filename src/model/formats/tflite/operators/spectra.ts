import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { constantTensor } from "../../../tensor/index.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Build } from "../convert/build.ts";
import { eachPart, type Parts } from "../convert/complex.ts";
import type { Attributes } from "../convert/emit.ts";
import { entriesOf, type Length, list } from "../convert/lengths.ts";
import { operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/**
 * Up to so many real numbers are transformed by a product with a matrix, which the runtime has done sooner than its DFT, of a
 * hundred signals in half the time, and with smaller errors; for 1024 numbers it has 4 MB and is slower for a few signals. TFLite
 * only has powers of two, so that all matrices of a model together stay below 2 MB.
 */
const MAX_PRODUCT = 512;

/** The matrix of that product for one of the parts: a row for each number, and a column for each frequency. */
function waves(length: number, part: (angle: number) => number): LazyTensor {
  const columns = halfOf(length);
  const data = Float32Array.from({ length: length * columns }, (_, at) => {
    const turns = Math.floor(at / columns) * (at % columns);
    return exact(part((2 * Math.PI * (turns % length)) / length));
  });
  return constantTensor({ dtype: "float32", shape: [length, columns], data }, "Fourier transform");
}

/** Rounds what is 0 but for π's own rounding; for these lengths, what is not is above 0.01. */
function exact(part: number): number {
  return Math.abs(part) < 1e-12 ? 0 : part;
}

/** Frequencies that tell all about so many real numbers. */
function halfOf(length: number): number {
  return Math.floor(length / 2) + 1;
}

function isPowerOfTwo(length: number): boolean {
  return Number.isInteger(Math.log2(length));
}

/** The transform of real numbers along the last axis, of the signals cut or filled with zeros to a length. */
function transformReal(build: Build, input: TfliteTensor, length: Length): Parts {
  const rank = build.rank(input);
  const x = build.real(input);
  if (
    typeof length === "number" &&
    length <= MAX_PRODUCT &&
    isPowerOfTwo(length) &&
    build.dims(input)?.[rank - 1] === length
  ) {
    const product = (name: string, part: (angle: number) => number) =>
      build.node("MatMul", [x, build.shared(`${name}_${length}`, () => waves(length, part))]);
    return { real: product("cosines", Math.cos), imaginary: product("sines", (angle) => -Math.sin(angle)) };
  }
  const onesided = { onesided: attribute.int(1) };
  return transform(build, build.node("Unsqueeze", [x, build.ints([rank])]), length, rank - 1, onesided);
}

/** A transform along an axis of numbers whose parts lie along a further one, the last. */
function transform(build: Build, x: Value, length: Length, axis: number, attributes?: Attributes): Parts {
  const size = build.node("Squeeze", [list(build, [length])]);
  // DFT wants an axis in front of the one that it works on.
  const first = build.ints([0]);
  const inputs = [build.node("Unsqueeze", [x, first]), size, build.scalar(axis + 1, "int64")];
  const y = build.node("Squeeze", [build.node("DFT", inputs, attributes), first]);
  const part = (index: number) =>
    build.node("Gather", [y, build.scalar(index, "int64")], { axis: attribute.int(-1) });
  return { real: part(0), imaginary: part(1) };
}

/** Parts along a further axis, the last. */
function joined(build: Build, parts: Parts): Value {
  const { real, imaginary } = eachPart(parts, (part) => build.node("Unsqueeze", [part, build.ints([-1])]));
  return build.node("Concat", [real, imaginary], { axis: attribute.int(-1) });
}

export const SPECTRA = [
  // Over the last two axes, of real numbers: of the last one, the half that tells all.
  operator("RFFT2D", async (op, build) => {
    const input = op.input(0);
    const rank = build.rank(input);
    const lengths = await entriesOf(build, op.input(1), "its list of lengths");
    const [height, width] = lengths;
    if (rank < 2 || height === undefined || width === undefined || lengths.length > 2)
      throw refuse(`it transforms ${lengths.length} of ${rank} axes`);
    let y = transformReal(build, input, width);
    // The transform of one number is itself.
    if (height !== 1 || build.dims(input)?.[rank - 2] !== 1)
      y = transform(build, joined(build, y), height, rank - 2);
    build.setParts(op.output(0), y);
  }),
  operator("COMPLEX_ABS", (op, build) => {
    const { real, imaginary } = eachPart(build.parts(op.input(0)), (part) => build.node("Mul", [part, part]));
    build.setReal(op.output(0), build.node("Sqrt", [build.node("Add", [real, imaginary])]));
  }),
  operator("REAL", (op, build) => build.setReal(op.output(0), build.parts(op.input(0)).real)),
  operator("IMAG", (op, build) => build.setReal(op.output(0), build.parts(op.input(0)).imaginary)),
];
