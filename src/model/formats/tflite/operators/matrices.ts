import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Build } from "../convert/build.ts";
import { computedIn, KERNELS } from "../convert/kernels.ts";
import { type Length, lengthsOf, list } from "../convert/lengths.ts";
import { asProduct } from "../convert/multipliers.ts";
import { operator } from "../convert/operator.ts";
import { realType } from "../convert/pointwise.ts";
import { isQuantized } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import { dequantize, quantize } from "../convert/scales.ts";
import type { TfliteTensor } from "../file/model.ts";

/** Types that MatMul has kernels for. */
const MULTIPLIED: readonly DType[] = [...KERNELS.real, "int32", "int64"];

/** One side of a product, turned over where it is told so; as it is stored, so that integer kernels follow it. */
function factor(build: Build, tensor: TfliteTensor, isTurned: boolean): Value {
  if (!isTurned) return build.real(tensor);
  const rank = build.rank(tensor);
  if (rank < 2) throw refuse(`a factor has ${rank} axes`);
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  perm.push(...perm.splice(rank - 2, 1));
  if (build.constantOf(tensor)) return build.weight(tensor, perm);
  const turned = build.transpose(build.stored(tensor), perm);
  if (!isQuantized(tensor)) return turned;
  const { quantization } = tensor;
  return dequantize(build, turned, quantization, build.dtype(tensor), perm.indexOf(quantization.axis));
}

/** True on the diagonal of a matrix of so many rows and columns. */
function diagonal(build: Build, rows: Length, columns: Length): Value {
  const [zero, one] = [build.scalar(0, "int64"), build.scalar(1, "int64")];
  const count = (length: Length, axis: number) => {
    const end = build.node("Squeeze", [list(build, [length])]);
    return build.node("Unsqueeze", [build.node("Range", [zero, end, one]), build.ints([axis])]);
  };
  return build.node("Equal", [count(rows, 1), count(columns, 0)]);
}

/** Puts a value where the condition is, and keeps another one elsewhere. */
function place(build: Build, output: TfliteTensor, where: Value, values: readonly [Value, Value]): void {
  const dtype = build.dtype(output);
  const wide = computedIn(dtype, KERNELS.chosen);
  const [a, b] = wide === dtype ? values : values.map((each) => build.cast(each, wide));
  const y = build.node("Where", [where, a ?? null, b ?? null]);
  build.setStored(output, wide === dtype ? y : build.cast(y, dtype));
}

export const MATRICES = [
  operator("BATCH_MATMUL", (op, build) => {
    const { adj_x, adj_y } = op.options;
    const [x, y, output] = [op.input(0), op.input(1), op.output(0)];
    const dtype = computedIn(realType(build, x), MULTIPLIED);
    const sides = [factor(build, x, adj_x), factor(build, y, adj_y)].map((value, i) =>
      realType(build, op.input(i)) === dtype ? value : build.cast(value, dtype),
    );
    const product = build.node("MatMul", sides);
    const wanted = realType(build, output);
    const real = dtype === wanted ? product : build.cast(product, wanted);
    const held = asProduct(x, y, output);
    if (isQuantized(held)) build.setStored(output, quantize(build, real, held));
    else build.setReal(output, real);
  }),

  // Numbers become the diagonal of matrices that are zero elsewhere; as they are stored.
  operator("MATRIX_DIAG", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const length = lengthsOf(build, input).at(-1);
    if (length === undefined) throw refuse("its input is a scalar");
    const zero = isQuantized(output) ? (output.quantization.zeroPoint[0] ?? 0) : 0;
    const columns = build.node("Unsqueeze", [build.stored(input), build.ints([-1])]);
    const elsewhere = build.scalar(zero, build.dtype(output));
    place(build, output, diagonal(build, length, length), [columns, elsewhere]);
  }),

  // Of a matrix that is not square, the diagonal is as long as the shorter side.
  operator("MATRIX_SET_DIAG", (op, build) => {
    const [input, given, output] = [op.input(0), op.input(1), op.output(0)];
    const [rows, columns] = lengthsOf(build, input).slice(-2);
    if (rows === undefined || columns === undefined) throw refuse("its input is no matrix");
    const length = build.dims(given)?.at(-1);
    const isWide = rows === length;
    if (!isWide && columns !== length)
      throw refuse("it is not known which side of its matrix is the longer one");
    const values = build.node("Unsqueeze", [build.stored(given), build.ints([isWide ? -1 : -2])]);
    place(build, output, diagonal(build, rows, columns), [values, build.stored(input)]);
  }),
];
