// ONNX messages by hand, field by field (onnx.proto), so that every one of them can be wrong.
import { type Fields, message } from "../files.ts";

export type Part = readonly [field: number, value: number | bigint | string | Uint8Array];

/** TensorProto.DataType */
export const FLOAT = 1;
export const INT64 = 7;
export const STRING = 8;
export const BOOL = 9;
export const INT4 = 22;

export const packed = (numbers: readonly (number | bigint)[]): Uint8Array =>
  Buffer.concat(numbers.map((each) => message([[1, each]]).subarray(1)));

const dims = (lengths: readonly (number | bigint)[]): Part[] => lengths.map((length) => [1, length]);

/** TensorProto, without data. */
export const tensor = (
  name: string,
  type: number,
  lengths: readonly (number | bigint)[],
  ...more: Part[]
): Uint8Array =>
  message([...dims(lengths), [2, type], ...(name === "" ? [] : ([[8, name]] as Fields)), ...more]);

export const raw = (...bytes: number[]): Part => [9, Uint8Array.from(bytes)];
export const zeros = (count: number): Part => [9, new Uint8Array(count)];
export const entry = (key: string, value: string): Uint8Array =>
  message([
    [1, key],
    [2, value],
  ]);

/** A float tensor of zeros. */
export const floats = (name: string, ...lengths: number[]): Uint8Array =>
  tensor(name, FLOAT, lengths, zeros(4 * lengths.reduce((product, length) => product * length, 1)));

/** int64_data */
export const integers = (
  name: string,
  lengths: readonly number[],
  numbers: readonly (number | bigint)[],
): Uint8Array => tensor(name, INT64, lengths, [7, packed(numbers)]);

export const external = (entries: Record<string, string>): Part[] => [
  ...Object.entries(entries).map(([key, value]): Part => [13, entry(key, value)]),
  [14, 1],
];

/** SparseTensorProto */
export const sparse = (
  values: Uint8Array,
  indices: Uint8Array,
  lengths: readonly (number | bigint)[],
): Uint8Array => message([[1, values], [2, indices], ...lengths.map((length): Part => [3, length])]);

/** TypeProto of a tensor; a string is a symbol. */
export const tensorType = (type: number, shape?: readonly (number | bigint | string)[]): Uint8Array =>
  message([
    [
      1,
      message([
        [1, type],
        ...(shape
          ? ([
              [2, message(shape.map((dim) => [1, message([[typeof dim === "string" ? 2 : 1, dim]])]))],
            ] as Fields)
          : []),
      ]),
    ],
  ]);

export const sequenceOf = (type: Uint8Array): Uint8Array => message([[4, message([[1, type]])]]);

/** ValueInfoProto */
export const info = (name: string, type: Uint8Array | null = tensorType(FLOAT, [2])): Uint8Array =>
  message([[1, name], ...(type ? ([[2, type]] as Fields) : [])]);

type AttributeValue =
  | { int: number | bigint }
  | { ints: readonly (number | bigint)[] }
  | { float: number }
  | { string: string }
  | { tensor: Uint8Array }
  | { graph: Uint8Array }
  | { graphs: readonly Uint8Array[] }
  | { sparse: Uint8Array }
  | { type: Uint8Array }
  | { reference: string };

/** AttributeProto with its type. */
export function attribute(name: string, value: AttributeValue, ...more: Part[]): Uint8Array {
  const head: Part[] = [[1, name]];
  if ("int" in value) return message([...head, [3, value.int], [20, 2], ...more]);
  if ("ints" in value)
    return message([...head, ...value.ints.map((each): Part => [8, each]), [20, 7], ...more]);
  if ("string" in value) return message([...head, [4, value.string], [20, 3], ...more]);
  if ("tensor" in value) return message([...head, [5, value.tensor], [20, 4], ...more]);
  if ("graph" in value) return message([...head, [6, value.graph], [20, 5], ...more]);
  if ("graphs" in value)
    return message([...head, ...value.graphs.map((each): Part => [11, each]), [20, 10], ...more]);
  if ("sparse" in value) return message([...head, [22, value.sparse], [20, 11], ...more]);
  if ("type" in value) return message([...head, [14, value.type], [20, 13], ...more]);
  if ("reference" in value) return message([...head, [21, value.reference], [20, 2], ...more]);
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, value.float, true);
  // Field 2 with four bytes, which the builder of messages has no need of elsewhere.
  return Buffer.concat([
    message(head),
    Uint8Array.of(2 * 8 + 5),
    new Uint8Array(bits.buffer),
    message([[20, 1], ...more]),
  ]);
}

/** NodeProto; further fields as they come: [5, attribute], [7, domain]. */
export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...more: Part[]
): Uint8Array =>
  message([
    ...inputs.map((name): Part => [1, name]),
    ...outputs.map((name): Part => [2, name]),
    [4, op],
    ...more,
  ]);

export interface GraphParts {
  readonly name?: string;
  readonly inputs?: readonly Uint8Array[];
  readonly outputs?: readonly Uint8Array[];
  readonly constants?: readonly Uint8Array[];
  readonly sparse?: readonly Uint8Array[];
  readonly infos?: readonly Uint8Array[];
  readonly more?: readonly Part[];
}

/** GraphProto */
export const graph = (nodes: readonly Uint8Array[], parts: GraphParts = {}): Uint8Array =>
  message([
    ...nodes.map((each): Part => [1, each]),
    [2, parts.name ?? "g"],
    ...(parts.constants ?? []).map((each): Part => [5, each]),
    ...(parts.inputs ?? []).map((each): Part => [11, each]),
    ...(parts.outputs ?? []).map((each): Part => [12, each]),
    ...(parts.infos ?? []).map((each): Part => [13, each]),
    ...(parts.sparse ?? []).map((each): Part => [15, each]),
    ...(parts.more ?? []),
  ]);

export const opset = (version: number | bigint, domain = ""): Part => [
  8,
  message([...(domain === "" ? [] : ([[1, domain]] as Fields)), [2, version]]),
];

/** FunctionProto */
export const defined = (
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  nodes: readonly Uint8Array[],
  ...more: Part[]
): Part => [
  25,
  message([
    [1, name],
    ...inputs.map((each): Part => [4, each]),
    ...outputs.map((each): Part => [5, each]),
    ...nodes.map((each): Part => [7, each]),
    [10, "local"],
    ...more,
  ]),
];

/** The import of a function: field 9 where a model has 8. */
export const imports = (version: number, domain = ""): Part => [9, opset(version, domain)[1]];

export interface ModelParts {
  readonly ir?: number | bigint;
  readonly opsets?: readonly Part[];
  readonly more?: readonly Part[];
}

/** ModelProto */
export const model = (
  of: Uint8Array,
  { ir = 8, opsets = [opset(17)], more = [] }: ModelParts = {},
): Uint8Array => message([[1, ir], [2, "hostile"], [7, of], ...opsets, ...more]);

/** x → y through these nodes; x and y are float[2]. */
export const between = (
  nodes: readonly Uint8Array[],
  parts: GraphParts = {},
  around: ModelParts = {},
): Uint8Array => model(graph(nodes, { inputs: [info("x")], outputs: [info("y")], ...parts }), around);
