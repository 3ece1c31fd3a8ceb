// Writes TFLite files from a short description, by the slots of tensorflow/lite/schema/schema.fbs.
import {
  bytes,
  type Field,
  type Fields,
  f32,
  flag,
  flatbuffer,
  floats,
  i8,
  i32,
  ints,
  longs,
  table,
  tables,
  text,
  u32,
} from "./flat.ts";

/** TensorType by number. */
export const TYPES = {
  FLOAT32: 0,
  FLOAT16: 1,
  INT32: 2,
  UINT8: 3,
  INT64: 4,
  STRING: 5,
  BOOL: 6,
  INT16: 7,
  COMPLEX64: 8,
  INT8: 9,
  RESOURCE: 13,
  INT4: 17,
} as const;

/** Numbers of the operators that tests write. */
export const BUILTINS = {
  ADD: 0,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEQUANTIZE: 6,
  L2_NORMALIZATION: 11,
  LOCAL_RESPONSE_NORMALIZATION: 13,
  LOGISTIC: 14,
  MUL: 18,
  RELU: 19,
  RESHAPE: 22,
  GATHER: 36,
  SOFTMAX: 25,
  CALL: 31,
  CUSTOM: 32,
  MEAN: 40,
  LOG_SOFTMAX: 50,
  LEAKY_RELU: 98,
  CAST: 53,
  MAXIMUM: 55,
  UNIDIRECTIONAL_SEQUENCE_RNN: 35,
  UNIDIRECTIONAL_SEQUENCE_LSTM: 44,
  ARG_MAX: 56,
  SELECT: 64,
  GREATER: 61,
  RSQRT: 76,
  REDUCE_MAX: 82,
  ZEROS_LIKE: 93,
  FLOOR_MOD: 95,
  SQUARED_DIFFERENCE: 99,
  ABS: 101,
  ADD_N: 106,
  WHERE: 109,
  RANK: 110,
  IF: 118,
  WHILE: 119,
  SELECT_V2: 123,
  DENSIFY: 124,
  SEGMENT_SUM: 125,
  CUMSUM: 128,
  CALL_ONCE: 129,
  RFFT2D: 131,
  COMPLEX_ABS: 135,
  VAR_HANDLE: 142,
  READ_VARIABLE: 143,
  ASSIGN_VARIABLE: 144,
  BROADCAST_ARGS: 145,
  ATAN2: 156,
} as const;

export interface TensorSpec {
  readonly name?: string;
  readonly type?: keyof typeof TYPES;
  readonly shape?: readonly number[];
  /** shape_signature. */
  readonly open?: readonly number[];
  /** Content of a constant. */
  readonly data?: Uint8Array;
  readonly quantization?: {
    readonly scale: readonly number[];
    readonly zero?: readonly number[];
    readonly axis?: number;
  };
  readonly isVariable?: boolean;
  readonly sparsity?: Fields;
  /** Fields that take the place of these. */
  readonly fields?: Fields;
}

export interface OperatorSpec {
  readonly name: keyof typeof BUILTINS;
  readonly custom?: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Member of BuiltinOptions, and its table. */
  readonly options?: readonly [member: number, fields: Fields];
  readonly fields?: Fields;
}

export interface SubgraphSpec {
  readonly name?: string;
  readonly tensors: readonly TensorSpec[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly OperatorSpec[];
}

/** A file of these subgraphs; every constant has a buffer, and the others share the empty one. */
export function tfliteFile(subgraphs: readonly SubgraphSpec[], more: Fields = {}): Uint8Array<ArrayBuffer> {
  const buffers: Fields[] = [{}];
  const codes: Fields[] = [];
  const bufferOf = (data: Uint8Array | undefined): number =>
    data === undefined ? 0 : buffers.push({ 0: bytes(data) }) - 1;
  const codeOf = ({ name, custom }: OperatorSpec): number => {
    const number = BUILTINS[name];
    return (
      codes.push({ 0: i8(Math.min(127, number)), 3: i32(number), ...(custom && { 1: text(custom) }) }) - 1
    );
  };
  const rows = subgraphs.map(
    ({ name = "main", tensors, inputs, outputs, operators }): Fields => ({
      0: tables(tensors.map((tensor, i) => tensorFields(tensor, i, bufferOf(tensor.data)))),
      1: ints(inputs),
      2: ints(outputs),
      3: tables(
        operators.map(
          (operator): Fields => ({
            0: u32(codeOf(operator)),
            1: ints(operator.inputs),
            2: ints(operator.outputs),
            ...(operator.options && { 3: i8(operator.options[0]), 4: table(operator.options[1]) }),
            ...operator.fields,
          }),
        ),
      ),
      4: text(name),
    }),
  );
  return flatbuffer({
    0: u32(3),
    1: tables(codes),
    2: tables(rows),
    3: text("made by a test"),
    4: tables(buffers),
    ...more,
  });
}

function tensorFields(tensor: TensorSpec, index: number, buffer: number): Fields {
  const {
    name = `t${index}`,
    type = "FLOAT32",
    shape = [],
    open,
    quantization,
    isVariable,
    sparsity,
  } = tensor;
  const quantized: Record<number, Field> = {};
  if (quantization) {
    quantized[2] = floats(quantization.scale);
    quantized[3] = longs(quantization.zero ?? quantization.scale.map(() => 0));
    quantized[6] = i32(quantization.axis ?? 0);
  }
  return {
    0: ints(shape),
    1: i8(TYPES[type]),
    2: u32(buffer),
    3: text(name),
    ...(quantization && { 4: table(quantized) }),
    ...(isVariable && { 5: flag(true) }),
    ...(sparsity && { 6: table(sparsity) }),
    ...(open && { 7: ints(open) }),
    ...tensor.fields,
  };
}

export const float32 = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
export const int32 = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

/** A file of one operator, ADD of two tensors. */
export function adding(change: Partial<SubgraphSpec> = {}, more: Fields = {}): Uint8Array<ArrayBuffer> {
  const shape = [2];
  return tfliteFile(
    [
      {
        tensors: [
          { name: "a", shape },
          { name: "b", shape },
          { name: "sum", shape },
        ],
        inputs: [0, 1],
        outputs: [2],
        operators: [{ name: "ADD", inputs: [0, 1], outputs: [2] }],
        ...change,
      },
    ],
    more,
  );
}

export { f32, i8, i32, ints, table, tables, text, u32 };
