import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { Build } from "../convert/build.ts";
import { axisIn } from "../convert/layout.ts";
import { wholeOf } from "../convert/lengths.ts";
import { type Op, operator } from "../convert/operator.ts";
import { isQuantized, type QuantizedTensor } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import { dequantize } from "../convert/scales.ts";
import type { TfliteTensor } from "../file/model.ts";

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** Indices of a type that ONNX has for them. */
function indicesOf(build: Build, tensor: TfliteTensor): Value {
  const stored = build.stored(tensor);
  return tensor.type === "INT64" || tensor.type === "INT32" ? stored : build.cast(stored, "int64");
}

function gather(op: Op<"GATHER">, build: Build): void {
  const [input, indices] = [op.input(0), op.input(1)];
  const [rank, depth] = [build.rank(input), build.rank(indices)];
  const axis = axisIn("last", op.options.axis, rank);
  const batch = axisIn("last", op.options.batch_dims, depth);
  if (batch > axis || batch > depth) throw refuse(`it gathers along axis ${axis} behind ${batch} of batches`);
  const [x, at] = [build.stored(input), indicesOf(build, indices)];
  if (batch === 0) {
    const y = build.node("Gather", [x, at], { axis: attribute.int(axis) });
    build.setStored(op.output(0), y);
    return;
  }
  // GatherND takes along the axis behind the batches; what stood between comes before the indices again afterwards.
  const ahead = build.transpose(x, [
    ...range(0, batch),
    axis,
    ...range(batch, axis),
    ...range(axis + 1, rank),
  ]);
  const whole = indices.type === "INT64" ? at : build.cast(at, "int64");
  const taken = build.node("GatherND", [ahead, build.node("Unsqueeze", [whole, build.ints([-1])])], {
    batch_dims: attribute.int(batch),
  });
  const between = depth + axis - batch;
  const perm = [
    ...range(0, batch),
    ...range(depth, between),
    ...range(batch, depth),
    ...range(between, depth + rank - 1 - batch),
  ];
  build.setStored(op.output(0), build.transpose(taken, perm));
}

/** Rows of a table; those of a table that is quantised where the result is not are dequantised when they have been taken. */
function embeddingLookup(op: Op, build: Build): void {
  const [indices, table, output] = [op.input(0), op.input(1), op.output(0)];
  const at = indicesOf(build, indices);
  // ONNX Runtime gathers nothing of fewer than 8 bits.
  const isSmall = table.type === "INT4";
  const rows = build.node("Gather", [isSmall ? build.real(table) : build.stored(table), at]);
  const isReal = isSmall || !isQuantized(table) || isQuantized(output);
  build.setStored(output, isReal ? rows : dequantizedRows(build, table, rows, at));
}

function dequantizedRows(build: Build, table: QuantizedTensor, rows: Value, at: Value): Value {
  const { quantization } = table;
  const { scale, zeroPoint, axis } = quantization;
  if (scale.length === 1 || axis !== 0)
    return dequantize(build, rows, quantization, build.dtype(table), axis);
  const column = [scale.length, ...new Array<number>(table.shape.length - 1).fill(1)];
  const ofRow = (numbers: readonly number[]) =>
    build.node("Gather", [build.numbersAs("float32", column, numbers), at]);
  const shifted = build.node("Sub", [build.cast(rows, "float32"), ofRow(zeroPoint)]);
  return build.node("Mul", [shifted, ofRow(scale)]);
}

/** What a position is given stands at the index along a new axis, and another value beside it. */
async function oneHot(op: Op<"ONE_HOT">, build: Build): Promise<void> {
  const [indices, output] = [op.input(0), op.output(0)];
  const depth = await wholeOf(build, op.input(1), "its depth");
  const whole = build.cast(build.stored(indices), "int64");
  // Negative indices stand nowhere, where ONNX counts them from the end.
  const at = build.node("Where", [build.node("Less", [whole, build.scalar(0, "int64")]), depth, whole]);
  const dtype = build.dtype(output);
  const held = dtype === "float32" ? dtype : "int64";
  const [on, off] = [op.input(2), op.input(3)].map((tensor) => {
    const value = build.node("Reshape", [build.stored(tensor), build.ints([1])]);
    return dtype === held ? value : build.cast(value, held);
  });
  const pair = build.node("Concat", [off as Value, on as Value], { axis: attribute.int(0) });
  const y = build.node("OneHot", [at, depth, pair], { axis: attribute.int(op.options.axis) });
  build.setStored(output, dtype === held ? y : build.cast(y, dtype));
}

/** Operators that take elements by their index, as they are stored. */
export const GATHERING = [
  operator("GATHER", gather),
  operator("GATHER_ND", (op, build) => {
    const indices = op.input(1);
    const at = indicesOf(build, indices);
    const whole = indices.type === "INT32" ? build.cast(at, "int64") : at;
    build.setStored(op.output(0), build.node("GatherND", [build.stored(op.input(0)), whole]));
  }),
  operator("EMBEDDING_LOOKUP", embeddingLookup),
  operator("ONE_HOT", oneHot),
  operator("TOPK_V2", async (op, build) => {
    const count = await wholeOf(build, op.input(1), "its count");
    const [values, at] = build.nodes("TopK", [build.stored(op.input(0)), count], 2) as [Value, Value];
    build.setStored(op.output(0), values);
    const indices = op.output(1);
    build.setStored(indices, indices.type === "INT64" ? at : build.cast(at, build.dtype(indices)));
  }),
];
