import { fail } from "../../../../base/errors/index.ts";
import { byteLengthOf, elementCount } from "../../../tensor/index.ts";
import type { FlatRange, FlatTable } from "../../../wire/index.ts";
import { dtypeOf, type TensorType, tensorTypeOf } from "../schema/types.ts";
import { itemAt } from "./item.ts";
import type { Quantization, SparseDimension, Sparsity, TfliteTensor } from "./model.ts";

/** Table Tensor. */
export function readTensor(
  row: FlatTable,
  index: number,
  subgraph: number,
  buffers: readonly (FlatRange | null)[],
): TfliteTensor {
  const number = row.int8(1);
  const type = tensorTypeOf(number);
  const what = `tensor ${index} of subgraph ${subgraph}`;
  const where = `${row.bytes.file}, byte ${row.position}`;
  if (!type) throw fail("MODEL_TFLITE_VALUE", { what: `${what}, type`, value: number }, { where });
  // Files without any buffers are old ones, of which no tensor is constant.
  const content = buffers.length > 0 ? itemAt(buffers, row.uint32(2), row, "buffers", what) : null;
  const sparsity = row.table(6);
  const lengths = Array.from(row.int32s(0) ?? []);
  const open = Array.from(row.int32s(7) ?? []);
  const hasOpen = open.length === lengths.length;
  const dims = lengths.map((length, i) => (length === -1 || (hasOpen && open[i] === -1) ? null : length));
  const shape = lengths.map((length) => (length === -1 ? 1 : length));
  const count = elementCount(shape, what, where);
  if (content && !sparsity) checkSize(type, shape, count, content, what, where);
  // A scalar and a tensor of unknown rank are written alike, unless the file says which it is: see settleRanks.
  const isKnown = lengths.length > 0 || content !== null || row.bool(8);
  const quantization = row.table(4);
  return {
    index,
    subgraph,
    byte: row.position,
    name: row.string(3) ?? "",
    type,
    shape,
    dims: isKnown ? dims : null,
    content,
    quantization: quantization && readQuantization(quantization, type, shape, what),
    isVariable: row.bool(5),
    sparsity: sparsity && readSparsity(sparsity),
  };
}

/** The runtime refuses a buffer of any other size, too. @throws MODEL_TENSOR_SIZE */
function checkSize(
  type: TensorType,
  shape: readonly number[],
  count: number,
  content: FlatRange,
  what: string,
  where: string,
): void {
  const dtype = dtypeOf(type);
  if (dtype === null || dtype === "string") return;
  const expected = byteLengthOf(dtype, count);
  if (content.length === expected) return;
  const details = { what, bytes: content.length, expected, dtype, shape: shape.join("×") };
  throw fail("MODEL_TENSOR_SIZE", details, { where });
}

/**
 * Table QuantizationParameters; null where it holds no more than a range seen in training. A single scale of 0 is how files say of
 * a tensor that it has none, and its numbers mean 0 to kernels of bytes: those keep it.
 */
function readQuantization(
  row: FlatTable,
  type: TensorType,
  shape: readonly number[],
  what: string,
): Quantization | null {
  const scale = Array.from(row.float32s(2) ?? []);
  const zeroPoint = Array.from(row.int64s(3) ?? [], Number);
  const [first] = scale;
  const range = rangeOf(type);
  if (first === undefined || (scale.length === 1 && first === 0 && !range)) return null;
  const axis = row.int32(6);
  const wrong = (problem: string) =>
    fail(
      "MODEL_TFLITE_GRAPH",
      { problem: `the quantization of ${what} has ${problem}` },
      { where: `${row.bytes.file}, byte ${row.position}` },
    );
  if (scale.length > 1 && (axis < 0 || scale.length !== shape[axis]))
    throw wrong(`${scale.length} scales for axis ${axis} of shape ${shape.join("×")}`);
  if (zeroPoint.length > 1 && zeroPoint.length !== scale.length)
    throw wrong(`${scale.length} scales and ${zeroPoint.length} zero points`);
  if (range) {
    const [low, high] = range;
    const scaled = scale.find((each) => !(each >= 0 && each < Number.POSITIVE_INFINITY));
    if (scaled !== undefined) throw wrong(`a scale of ${scaled}`);
    const outside = zeroPoint.find((each) => each < low || each > high);
    if (outside !== undefined) throw wrong(`a zero point of ${outside}, which is no ${type}`);
  }
  const [zero = 0] = zeroPoint;
  return { scale, zeroPoint: zeroPoint.length > 1 ? zeroPoint : scale.map(() => zero), axis };
}

/** The whole numbers that stand for real ones; null for floats, whose parameters mean nothing, and for wide biases. */
function rangeOf(type: TensorType): readonly [low: number, high: number] | null {
  const found = /^(U?)INT(\d+)$/.exec(type);
  const bits = Number(found?.[2]);
  if (!found || bits > 16) return null;
  return found[1] ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/** Table SparsityParameters. */
function readSparsity(row: FlatTable): Sparsity {
  const dimensions = row.tables(2);
  return {
    traversalOrder: Array.from(row.int32s(0) ?? []),
    blockMap: Array.from(row.int32s(1) ?? []),
    dimensions: Array.from({ length: dimensions.length }, (_, i) => readDimension(dimensions.at(i))),
  };
}

/** Table DimensionMetadata. */
function readDimension(row: FlatTable): SparseDimension {
  if (row.int8(0) === 0) return { kind: "dense", size: row.int32(1) };
  return { kind: "csr", segments: readIndices(row, 2), indices: readIndices(row, 4) };
}

/** Union SparseIndexVector: numbers of 32, 16 or 8 bits. */
function readIndices(row: FlatTable, slot: number): number[] {
  const found = row.union(slot);
  if (!found) return [];
  const { member, table } = found;
  if (member === 1) return Array.from(table.int32s(0) ?? []);
  if (member === 2) return Array.from(table.uint16s(0) ?? []);
  if (member === 3) return Array.from(table.uint8s(0) ?? []);
  throw row.bytes.damaged(row.position, `indices of kind ${member}`);
}
