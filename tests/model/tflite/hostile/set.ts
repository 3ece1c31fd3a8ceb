// Malformed .tflite files, each wrong in one way.
import type { Hostile } from "../../hostile/set.ts";
import {
  adding,
  float32,
  i8,
  i32,
  int32,
  ints,
  type OperatorSpec,
  type TensorSpec,
  table,
  tables,
  text,
  tfliteFile,
  u32,
} from "../file.ts";
import { type Fields, flatbuffer, u64 } from "../flat.ts";
import { CALLS } from "./calls.ts";
import { METADATA } from "./metadata.ts";

export interface HostileTflite extends Omit<Hostile, "siblings" | "finds"> {
  /** The code with which opening it, reading its weights or converting it fails; left out where the answer is clean. */
  readonly code?: string;
  /** What the message says besides. */
  readonly says?: string;
}

const DAMAGED = "MODEL_FLATBUFFER_DAMAGED";
const INDEX = "MODEL_TFLITE_INDEX";
const VALUE = "MODEL_TFLITE_VALUE";
const GRAPH = "MODEL_TFLITE_GRAPH";
const SPARSE = "MODEL_TFLITE_SPARSE";
const SHAPE = "MODEL_SHAPE_INVALID";
const SIZE = "MODEL_TENSOR_SIZE";
const UNSUPPORTED = "MODEL_OPERATORS_UNSUPPORTED";

const shape = [2];
const two: TensorSpec = { shape };

/** A file with other bytes at a place. */
function patched(file: Uint8Array, at: number, ...values: readonly number[]): Uint8Array<ArrayBuffer> {
  const copy = file.slice();
  new Uint8Array(copy.buffer).set(new Uint8Array(Int32Array.from(values).buffer), at);
  return copy;
}

/** A file with so many zeros behind it. */
function longer(file: Uint8Array, zeros: number): Uint8Array {
  const copy = new Uint8Array(file.length + zeros);
  copy.set(file);
  return copy;
}

/** Where the root table begins. */
const rootOf = (file: Uint8Array) => new DataView(file.buffer).getUint32(0, true);
/** Where a table's list of offsets begins. */
const vtableOf = (file: Uint8Array, at: number) => at - new DataView(file.buffer).getInt32(at, true);
/** Where a field of a table lies. */
function fieldOf(file: Uint8Array, at: number, slot: number): number {
  return at + new DataView(file.buffer).getUint16(vtableOf(file, at) + 4 + 2 * slot, true);
}
/** Where the offset of a field leads. */
function targetOf(file: Uint8Array, at: number, slot: number): number {
  const field = fieldOf(file, at, slot);
  return field + new DataView(file.buffer).getUint32(field, true);
}

const plain = adding();
const root = rootOf(plain);
/** The vector of subgraphs, and the first of them. */
const subgraphs = targetOf(plain, root, 2);
const firstSubgraph = subgraphs + 4 + new DataView(plain.buffer).getUint32(subgraphs + 4, true);

function short(file: Uint8Array, at: number, value: number): Uint8Array<ArrayBuffer> {
  const copy = file.slice();
  new DataView(copy.buffer).setUint16(at, value, true);
  return copy;
}

/** ADD with another third tensor, its result. */
const giving = (sum: TensorSpec, first: TensorSpec = two) => adding({ tensors: [first, two, sum] });

/** One operator over some tensors; the last of them is the result, and those before it without content are inputs. */
function one(name: OperatorSpec["name"], tensors: readonly TensorSpec[], more: Partial<OperatorSpec> = {}) {
  const last = tensors.length - 1;
  const all = tensors.map((_, i) => i);
  return tfliteFile([
    {
      tensors,
      inputs: all.filter((i) => i < last && !tensors[i]?.data),
      outputs: [last],
      operators: [{ name, inputs: all.slice(0, last), outputs: [last], ...more }],
    },
  ]);
}

/** DimensionMetadata. */
const dense = (size: number): Fields => ({ 0: i8(0), 1: i32(size) });
const csr = (segments: readonly number[], indices: readonly number[]): Fields => ({
  0: i8(1),
  2: i8(1),
  3: table({ 0: ints(segments) }),
  4: i8(1),
  5: table({ 0: ints(indices) }),
});

/** A sparse 2×2 constant with these parts. */
function sparse(parts: {
  readonly order?: readonly number[];
  readonly blocks?: readonly number[];
  readonly dimensions?: readonly Fields[];
  readonly values?: readonly number[];
  readonly shape?: readonly number[];
}): Uint8Array<ArrayBuffer> {
  const { order = [0, 1], blocks, values = [5] } = parts;
  const { dimensions = [dense(2), csr([0, 0, 1], [1])] } = parts;
  const square = parts.shape ?? [2, 2];
  return one("DENSIFY", [
    {
      shape: square,
      data: float32(...values),
      sparsity: { 0: ints(order), ...(blocks && { 1: ints(blocks) }), 2: tables(dimensions) },
    },
    { shape: square },
  ]);
}

/** The flatbuffer. */
const STRUCTURE: readonly HostileTflite[] = [
  { name: "an empty file", bytes: new Uint8Array(0), code: "MODEL_EMPTY" },
  { name: "four bytes", bytes: plain.slice(0, 4), code: DAMAGED },
  { name: "nothing but a header", bytes: plain.slice(0, 8), code: DAMAGED },
  { name: "half a file", bytes: plain.slice(0, plain.length / 2), code: DAMAGED },
  { name: "all but the last bytes", bytes: plain.slice(0, -40), code: DAMAGED },
  { name: "a root outside the file", bytes: patched(plain, 0, 1_000_000), code: DAMAGED },
  { name: "a root at the end of the numbers", bytes: patched(plain, 0, -4), code: DAMAGED },
  { name: "a root that is 0", bytes: patched(plain, 0, 0), code: DAMAGED },
  { name: "offsets of a table before the file", bytes: patched(plain, root, 2 ** 30), code: DAMAGED },
  { name: "offsets of a table behind the file", bytes: patched(plain, root, -(2 ** 30)), code: DAMAGED },
  { name: "a list of offsets of no length", bytes: short(plain, vtableOf(plain, root), 0), code: DAMAGED },
  {
    name: "a list of offsets past the end",
    bytes: short(plain, vtableOf(plain, root), 65_535),
    code: DAMAGED,
  },
  {
    name: "a table past the end",
    bytes: short(plain, vtableOf(plain, root) + 2, 65_535),
    code: DAMAGED,
  },
  {
    name: "a field outside its table",
    bytes: short(plain, vtableOf(plain, root) + 4 + 2 * 2, 60_000),
    code: DAMAGED,
  },
  {
    name: "a field in the middle of the list of offsets",
    bytes: short(plain, vtableOf(plain, root) + 4 + 2 * 2, 1),
    code: DAMAGED,
  },
  { name: "an offset that leads nowhere", bytes: patched(plain, fieldOf(plain, root, 2), 0), code: DAMAGED },
  {
    name: "an offset past the end",
    bytes: patched(plain, fieldOf(plain, root, 2), 2 ** 31 - 1),
    code: DAMAGED,
  },
  { name: "four thousand million subgraphs", bytes: patched(plain, subgraphs, -1), code: DAMAGED },
  { name: "more subgraphs than there are offsets", bytes: patched(plain, subgraphs, 40), code: DAMAGED },
  {
    name: "more operators than are read",
    bytes: patched(longer(plain, 1_100_000), targetOf(plain, firstSubgraph, 3), 250_001),
    code: "MODEL_TOO_MANY_NODES",
  },
  {
    name: "more tensors than bytes",
    bytes: patched(plain, targetOf(plain, firstSubgraph, 0), 2 ** 30),
    code: DAMAGED,
  },
  {
    name: "more inputs than bytes",
    bytes: patched(plain, targetOf(plain, firstSubgraph, 1), 2 ** 31 - 1),
    code: DAMAGED,
  },
  {
    name: "a name longer than the file",
    bytes: giving({ shape, fields: { 3: { vector: new Uint8Array(4), length: 2 ** 32 - 1 } } }),
    code: DAMAGED,
  },
  {
    name: "a shape longer than the file",
    bytes: giving({ fields: { 0: { vector: int32(2), length: 2 ** 31 } } }),
    code: DAMAGED,
  },
  {
    name: "a buffer longer than the file",
    bytes: adding({}, { 4: tables([{}, { 0: { vector: new Uint8Array(8), length: 2 ** 31 } }]) }),
    code: DAMAGED,
  },
  {
    name: "a buffer behind the end of the file",
    bytes: adding({}, { 4: tables([{}, { 1: u64(2 ** 40), 2: u64(8) }]) }),
    code: DAMAGED,
  },
  {
    name: "a buffer at 2^64 - 1",
    bytes: adding({}, { 4: tables([{}, { 1: u64(2n ** 64n - 1n), 2: u64(8) }]) }),
    code: DAMAGED,
  },
  { name: "no subgraph", bytes: flatbuffer({ 0: u32(3) }), code: DAMAGED },
  { name: "a root table of nothing", bytes: flatbuffer({}), code: DAMAGED },
];

/** Numbers that name rows, and numbers of enumerations. */
const NUMBERS: readonly HostileTflite[] = [
  { name: "an input that is no tensor", bytes: adding({ inputs: [0, 7] }), code: INDEX },
  { name: "an output that is no tensor", bytes: adding({ outputs: [3] }), code: INDEX },
  { name: "an input of the model that is left out", bytes: adding({ inputs: [-1] }), code: INDEX },
  {
    name: "an operator that reads no tensor",
    bytes: adding({ operators: [{ name: "ADD", inputs: [0, 9], outputs: [2] }] }),
    code: INDEX,
  },
  {
    name: "an operator that reads tensor -2",
    bytes: adding({ operators: [{ name: "ADD", inputs: [0, -2], outputs: [2] }] }),
    code: INDEX,
  },
  {
    name: "an operator that writes no tensor",
    bytes: adding({ operators: [{ name: "ADD", inputs: [0, 1], outputs: [2 ** 31 - 1] }] }),
    code: INDEX,
  },
  {
    name: "an operator that leaves out its result",
    bytes: adding({ operators: [{ name: "ADD", inputs: [0, 1], outputs: [-1] }] }),
    code: INDEX,
  },
  {
    name: "an operator code that is not there",
    bytes: adding({
      operators: [{ name: "ADD", inputs: [0, 1], outputs: [2], fields: { 0: u32(2 ** 32 - 1) } }],
    }),
    code: INDEX,
  },
  { name: "no operator codes", bytes: adding({}, { 1: tables([]) }), code: INDEX },
  { name: "a buffer that is not there", bytes: giving({ shape, fields: { 2: u32(9) } }), code: INDEX },
  {
    name: "metadata without a buffer",
    bytes: adding({}, { 6: tables([{ 0: text("TFLITE_METADATA"), 1: u32(77) }]) }),
    code: INDEX,
  },
  {
    name: "an operator of the future",
    bytes: adding({}, { 1: tables([{ 0: i8(127), 3: i32(5_000) }]) }),
    code: UNSUPPORTED,
    says: "BUILTIN_5000",
  },
  {
    name: "an operator of a negative number",
    bytes: adding({}, { 1: tables([{ 0: i8(-5), 3: i32(-1) }]) }),
    code: UNSUPPORTED,
    says: "BUILTIN_-1",
  },
  { name: "a type of the future", bytes: giving({ shape, fields: { 1: i8(99) } }), code: VALUE },
  { name: "a negative type", bytes: giving({ shape, fields: { 1: i8(-1) } }), code: VALUE },
  {
    name: "an activation of the future",
    bytes: adding({
      operators: [{ name: "ADD", inputs: [0, 1], outputs: [2], options: [11, { 0: i8(77) }] }],
    }),
    code: VALUE,
  },
  {
    name: "a padding of the future",
    bytes: one(
      "CONV_2D",
      [{ shape: [1, 2, 2, 1] }, { shape: [1, 1, 1, 1], data: float32(1) }, { shape: [1, 2, 2, 1] }],
      {
        options: [1, { 0: i8(2), 1: i32(1), 2: i32(1) }],
      },
    ),
    code: VALUE,
  },
];

/** Lengths, contents, scales. */
const TENSORS: readonly HostileTflite[] = [
  { name: "a negative length", bytes: giving({ shape: [-7] }), code: SHAPE },
  { name: "the most negative length", bytes: giving({ shape: [-(2 ** 31)] }), code: SHAPE },
  { name: "lengths beyond 2^53", bytes: giving({ shape: [2 ** 30, 2 ** 30] }), code: SHAPE },
  { name: "lengths beyond 2^64", bytes: giving({ shape: [65_536, 65_536, 65_536, 65_536] }), code: SHAPE },
  {
    name: "lengths beyond 2^53 and none",
    bytes: giving({ shape: [2 ** 31 - 1, 2 ** 31 - 1, 0] }),
    code: SHAPE,
  },
  { name: "a buffer that is too short", bytes: giving(two, { shape, data: float32(1) }), code: SIZE },
  { name: "a buffer that is too long", bytes: giving(two, { shape, data: float32(1, 2, 3) }), code: SIZE },
  { name: "a buffer of 1 byte", bytes: giving(two, { shape, data: new Uint8Array(1) }), code: SIZE },
  {
    name: "4-bit numbers in bytes",
    bytes: giving(two, { type: "INT4", shape: [4], data: new Uint8Array(4) }),
    code: SIZE,
  },
  {
    name: "more strings than the buffer holds",
    bytes: giving(two, { type: "STRING", shape: [1000], data: int32(1000, 0, 0) }),
    code: GRAPH,
  },
  {
    name: "a string past its buffer",
    bytes: giving(two, { type: "STRING", shape: [1], data: int32(1, 12, 5000) }),
    code: GRAPH,
  },
  {
    name: "a string that ends before it begins",
    bytes: giving(two, { type: "STRING", shape: [1], data: int32(1, 12, 8) }),
    code: GRAPH,
  },
  {
    name: "a negative count of strings",
    bytes: giving(two, { type: "STRING", shape: [1], data: int32(-1, 12, 12) }),
    code: GRAPH,
  },
  {
    name: "a quantised axis past the rank",
    bytes: giving({ type: "INT8", shape: [2, 3], quantization: { scale: [1, 2], axis: 2 } }),
    code: GRAPH,
  },
  {
    name: "a negative quantised axis",
    bytes: giving({ type: "INT8", shape: [2, 3], quantization: { scale: [1, 2], axis: -1 } }),
    code: GRAPH,
  },
  {
    name: "scales for another axis",
    bytes: giving({ type: "INT8", shape: [2, 3], quantization: { scale: [1, 2], axis: 1 } }),
    code: GRAPH,
  },
  {
    name: "more zero points than scales",
    bytes: giving({ type: "INT8", shape: [2], quantization: { scale: [1, 2], zero: [0, 0, 0] } }),
    code: GRAPH,
  },
  ...(
    [
      ["a scale that is no number", Number.NaN, 0],
      ["an infinite scale", Number.POSITIVE_INFINITY, 0],
      ["a negative scale", -0.5, 0],
      ["a zero point outside its type", 0.5, 128],
      ["a zero point of 2^62", 0.5, 2 ** 62],
    ] as const
  ).map(
    ([name, scale, zero]): HostileTflite => ({
      name,
      bytes: giving({ type: "INT8", shape, quantization: { scale: [scale], zero: [zero] } }),
      code: GRAPH,
    }),
  ),
  {
    name: "a scale of 0 among others",
    bytes: giving({ type: "INT8", shape, quantization: { scale: [1, 0] } }),
    code: UNSUPPORTED,
  },
  { name: "sparsity without axes", bytes: sparse({ order: [], dimensions: [] }), code: SPARSE },
  { name: "sparsity that goes through an axis twice", bytes: sparse({ order: [0, 0] }), code: SPARSE },
  { name: "sparsity over an axis that is not there", bytes: sparse({ order: [0, 9] }), code: SPARSE },
  {
    name: "a level of another length",
    bytes: sparse({ dimensions: [dense(3), csr([0, 0, 1], [1])] }),
    code: SPARSE,
  },
  {
    name: "an index past its axis",
    bytes: sparse({ dimensions: [dense(2), csr([0, 0, 1], [2])] }),
    code: SPARSE,
  },
  { name: "a negative index", bytes: sparse({ dimensions: [dense(2), csr([0, 0, 1], [-1])] }), code: SPARSE },
  {
    name: "segments that go back",
    bytes: sparse({ dimensions: [dense(2), csr([0, 5, 1], [1])] }),
    code: SPARSE,
  },
  {
    name: "segments past the indices",
    bytes: sparse({ dimensions: [dense(2), csr([0, 0, 70], [1])] }),
    code: SPARSE,
  },
  { name: "too few segments", bytes: sparse({ dimensions: [dense(2), csr([0], [1])] }), code: SPARSE },
  { name: "too few values", bytes: sparse({ dimensions: [dense(2), csr([0, 1, 2], [1, 1])] }), code: SPARSE },
  {
    name: "a block of no length",
    bytes: sparse({ order: [0, 1, 2], blocks: [1], dimensions: [dense(2), csr([0, 0, 1], [1]), dense(0)] }),
    code: SPARSE,
  },
  {
    name: "a block of a negative axis",
    bytes: sparse({ order: [0, 1, 2], blocks: [-1], dimensions: [dense(2), csr([0, 0, 1], [1]), dense(1)] }),
    code: SPARSE,
  },
  {
    name: "few values that stand for a terabyte",
    bytes: sparse({ shape: [2 ** 20, 2 ** 18], dimensions: [dense(2 ** 20), csr([0, 0, 1], [1])] }),
    code: SPARSE,
  },
];

const relu = (from: number, to: number): OperatorSpec => ({ name: "RELU", inputs: [from], outputs: [to] });

/** Order, calls of subgraphs, options. */
const GRAPHS: readonly HostileTflite[] = [
  {
    name: "an operator that reads what is made later",
    bytes: adding({ tensors: [two, two, two, two], outputs: [2], operators: [relu(3, 2), relu(0, 3)] }),
    code: GRAPH,
  },
  {
    name: "an operator that reads what it makes",
    bytes: adding({ operators: [{ name: "ADD", inputs: [0, 2], outputs: [2] }] }),
    code: GRAPH,
  },
  {
    name: "two operators that write one tensor",
    bytes: adding({ operators: [relu(0, 2), relu(1, 2)] }),
    code: GRAPH,
  },
  {
    name: "an operator that writes a tensor twice",
    bytes: adding({ operators: [{ name: "ADD", inputs: [0, 1], outputs: [2, 2] }] }),
    code: GRAPH,
  },
  {
    name: "an operator that writes an input",
    bytes: adding({ operators: [relu(0, 1), relu(1, 2)] }),
    code: GRAPH,
  },
  {
    name: "an operator that writes a constant",
    bytes: adding({
      tensors: [two, { shape, data: float32(1, 2) }, two],
      inputs: [0],
      operators: [relu(0, 1), relu(1, 2)],
    }),
    code: GRAPH,
  },
  {
    name: "an operator that reads what nobody makes",
    bytes: adding({ inputs: [0] }),
    code: GRAPH,
  },
  { name: "an output that nobody makes", bytes: adding({ operators: [] }), code: GRAPH },
  { name: "an input that is named twice", bytes: adding({ inputs: [0, 1, 0] }), code: GRAPH },
  { name: "no outputs", bytes: adding({ outputs: [] }), code: GRAPH },
  {
    name: "an operator without inputs",
    bytes: adding({ operators: [{ name: "ADD", inputs: [], outputs: [2] }] }),
    code: UNSUPPORTED,
  },
  {
    name: "an operator whose input is left out",
    bytes: adding({ operators: [{ name: "ADD", inputs: [0, -1], outputs: [2] }] }),
    code: UNSUPPORTED,
  },
  {
    name: "an operator without outputs",
    bytes: adding({ operators: [relu(0, 2), { name: "ADD", inputs: [0, 1], outputs: [] }] }),
    code: UNSUPPORTED,
  },
  {
    name: "no options where they say everything",
    bytes: one("CONV_2D", [
      { shape: [1, 2, 2, 1] },
      { shape: [1, 1, 1, 1], data: float32(1) },
      { shape: [1, 2, 2, 1] },
    ]),
    code: UNSUPPORTED,
  },
  {
    name: "weights of another rank",
    bytes: one(
      "CONV_2D",
      [{ shape: [1, 2, 2, 1] }, { shape: [1, 1], data: float32(1) }, { shape: [1, 2, 2, 1] }],
      {
        options: [1, { 0: i8(1), 1: i32(1), 2: i32(1) }],
      },
    ),
    code: UNSUPPORTED,
  },
  {
    name: "negative strides",
    bytes: one(
      "CONV_2D",
      [{ shape: [1, 2, 2, 1] }, { shape: [1, 1, 1, 1], data: float32(1) }, { shape: [1, 2, 2, 1] }],
      {
        options: [1, { 0: i8(1), 1: i32(-1), 2: i32(1) }],
      },
    ),
    code: UNSUPPORTED,
  },
];

export const HOSTILE_TFLITE: readonly HostileTflite[] = [
  ...STRUCTURE,
  ...NUMBERS,
  ...TENSORS,
  ...GRAPHS,
  ...CALLS,
  ...METADATA,
];
