import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { constantTensor } from "../../../tensor/index.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Build } from "../convert/build.ts";
import type { Attributes } from "../convert/emit.ts";
import { entriesOf, type Length, list } from "../convert/lengths.ts";
import { operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/**
 * Up to so many real numbers are transformed by a product with a matrix, which the runtime has done sooner than its DFT for any
 * number of signals, and with smaller errors; one for 1024 numbers has 4 MB and is slower than DFT. TFLite only has powers of two,
 * so that all matrices of a model together stay below 2 MB.
 */
const MAX_PRODUCT = 512;

/** The matrix of that product: a row for each number, and for each half-wave a column for the real part and the imaginary one. */
function waves(length: number): LazyTensor {
  const columns = 2 * halfOf(length);
  const data = new Float32Array(length * columns);
  for (let at = 0; at < data.length; at += 2) {
    const [n, k] = [Math.floor(at / columns), (at % columns) / 2];
    const angle = (2 * Math.PI * ((n * k) % length)) / length;
    data[at] = exact(Math.cos(angle));
    data[at + 1] = exact(-Math.sin(angle));
  }
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
function transformReal(build: Build, input: TfliteTensor, length: Length): Value {
  const rank = build.rank(input);
  const x = build.real(input);
  if (
    typeof length === "number" &&
    length <= MAX_PRODUCT &&
    isPowerOfTwo(length) &&
    build.dims(input)?.[rank - 1] === length
  ) {
    const matrix = build.shared(`fourier_${length}`, () => waves(length));
    // 0: as before.
    const shape = [...new Array<number>(rank - 1).fill(0), halfOf(length), 2];
    return build.node("Reshape", [build.node("MatMul", [x, matrix]), build.ints(shape)]);
  }
  const parts = build.node("Unsqueeze", [x, build.ints([rank])]);
  return transform(build, parts, length, rank - 1, { onesided: attribute.int(1) });
}

/** A transform along an axis of numbers whose parts are along the last one. */
function transform(build: Build, x: Value, length: Length, axis: number, attributes?: Attributes): Value {
  const size = build.node("Squeeze", [list(build, [length])]);
  // DFT wants an axis in front of the one that it works on.
  const first = build.ints([0]);
  const inputs = [build.node("Unsqueeze", [x, first]), size, build.scalar(axis + 1, "int64")];
  return build.node("Squeeze", [build.node("DFT", inputs, attributes), first]);
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
    let y = transformReal(build, input, width);
    // The transform of one number is itself.
    if (height !== 1 || build.dims(input)?.[rank - 2] !== 1) y = transform(build, y, height, rank - 2);
    build.setPairs(op.output(0), y);
  }),
  operator("COMPLEX_ABS", (op, build) => {
    const parts = build.pairs(op.input(0));
    const y = build.node("ReduceL2", [parts, build.ints([-1])], { keepdims: attribute.int(0) });
    build.setReal(op.output(0), y);
  }),
  operator("REAL", (op, build) => part(build, op.input(0), op.output(0), 0)),
  operator("IMAG", (op, build) => part(build, op.input(0), op.output(0), 1)),
];
