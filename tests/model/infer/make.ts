// Models of one operator, written by the protobuf wire format alone (onnx.proto): what the tests of shape inference ask
// the runtime about.
import { DTYPES, type DType, type TensorData, tensorFromNumbers } from "../../../src/model/tensor/index.ts";
import { message, varint } from "../files.ts";

/** A length, or a symbol with the length that it has when the model runs: `["N", 2]`. */
export type CaseDim = number | readonly [symbol: string, length: number];

export interface CaseInput {
  readonly dtype: DType;
  readonly dims: readonly CaseDim[];
  /** Values at run time, repeated as often as needed; small positive numbers where there are none. */
  readonly values?: readonly number[] | readonly string[];
  /** Whether the model holds the values itself. */
  readonly constant: boolean;
}

export type CaseAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: Uint8Array }
  | { readonly tensor: CaseInput };

export interface OperatorCase {
  readonly op: string;
  readonly domain?: string;
  /** Version of the operator's domain. @default 21 of ai.onnx, 5 of ai.onnx.ml */
  readonly opset?: number;
  readonly inputs: readonly (CaseInput | null)[];
  readonly attributes?: Readonly<Record<string, CaseAttribute>>;
  /** How many outputs are asked for; a list says which. @default 1 */
  readonly outputs?: number | readonly boolean[];
  /** Lengths that only a run tells. @default 0 */
  readonly unknown?: number;
  /** Where this build of the runtime knows the operator's types and does not run it: what it says. */
  readonly refused?: RegExp;
  /** What it says where this processor is none of those for which it has a kernel: then nothing can be compared. */
  readonly lacking?: RegExp;
}

type Values = CaseInput["values"];

/** An input that is fed: dims, then values. */
export const fed =
  (dtype: DType) =>
  (dims: readonly CaseDim[], values?: Values): CaseInput => ({
    dtype,
    dims,
    ...(values && { values }),
    constant: false,
  });

/** An input that is part of the model. Values alone are a vector; `dims` make another shape of them. */
export const fixed =
  (dtype: DType) =>
  (values: NonNullable<Values>, dims: readonly number[] = [values.length]): CaseInput => ({
    dtype,
    dims,
    values,
    constant: true,
  });

export const lengthOf = (dim: CaseDim): number => (typeof dim === "number" ? dim : dim[1]);
export const shapeOf = ({ dims }: CaseInput): number[] => dims.map(lengthOf);

/** The values of an input as the runtime takes them. */
export function dataOf(input: CaseInput): TensorData {
  const count = shapeOf(input).reduce((product, dim) => product * dim, 1);
  const values = input.values ?? DEFAULT_VALUES;
  const all = Array.from({ length: count }, (_, i) => values[i % values.length] ?? 0);
  if (input.dtype === "string") return all.map(String);
  if (/^u?int4$/.test(input.dtype))
    return Uint8Array.from({ length: Math.ceil(count / 2) }, (_, i) => Number(all[2 * i]) % 16);
  return tensorFromNumbers(input.dtype, shapeOf(input), all.map(Number)).data;
}

const DEFAULT_VALUES = [1, 2, 3, 1, 1];

/** Bytes of a field that is a 32-bit float. */
function float(field: number, value: number): Uint8Array {
  return Buffer.concat([
    Buffer.from(varint(field * 8 + 5)),
    new Uint8Array(new Float32Array([value]).buffer),
  ]);
}

const packedFloats = (values: readonly number[]) => new Uint8Array(new Float32Array(values).buffer);
const packedInts = (values: readonly number[]) =>
  Buffer.from(values.flatMap((value) => varint(BigInt.asUintN(64, BigInt(value)))));

function tensorProto(name: string, input: CaseInput): Uint8Array {
  const data = dataOf(input);
  const bytes: (readonly [number, string | Uint8Array])[] = Array.isArray(data)
    ? data.map((text) => [6, text] as const)
    : [[9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]];
  return message([
    ...shapeOf(input).map((dim) => [1, dim] as const),
    [2, DTYPES[input.dtype].onnx],
    [8, name],
    ...bytes,
  ]);
}

function attributeProto(name: string, value: CaseAttribute): Uint8Array {
  const named = message([[1, name]]);
  const typed = (type: number) => message([[20, type]]);
  const all = (...parts: Uint8Array[]) => Buffer.concat([named, ...parts]);
  if (typeof value === "number") return all(message([[3, value]]), typed(2));
  if (typeof value === "string") return all(message([[4, value]]), typed(3));
  if ("float" in value) return all(float(2, value.float), typed(1));
  if ("floats" in value) return all(message([[7, packedFloats(value.floats)]]), typed(6));
  if ("graph" in value) return all(message([[6, value.graph]]), typed(5));
  if ("tensor" in value) return all(message([[5, tensorProto("", value.tensor)]]), typed(4));
  if (value.every((each) => typeof each === "string"))
    return all(message(value.map((each) => [9, each] as const)), typed(8));
  return all(message([[8, packedInts(value as readonly number[])]]), typed(7));
}

/** A value's name, element type and dims; the name alone where there is no element type. */
export function valueInfo(name: string, dtype: DType | null, dims: readonly CaseDim[]): Uint8Array {
  if (dtype === null) return message([[1, name]]);
  const shape = message(
    dims.map((dim) => [1, typeof dim === "number" ? message([[1, dim]]) : message([[2, dim[0]]])] as const),
  );
  const tensor = message([
    [1, DTYPES[dtype].onnx],
    [2, shape],
  ]);
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ]);
}

export function nodeProto(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: OperatorCase["attributes"] = {},
  domain = "",
): Uint8Array {
  return message([
    ...inputs.map((name) => [1, name] as const),
    ...outputs.map((name) => [2, name] as const),
    [4, op],
    ...Object.entries(attributes).map(([name, value]) => [5, attributeProto(name, value)] as const),
    [7, domain],
  ]);
}

export interface GraphParts {
  readonly nodes: readonly Uint8Array[];
  readonly inputs?: readonly Uint8Array[];
  /** By name, where the types are left to whoever reads. */
  readonly outputs: readonly (string | Uint8Array)[];
  readonly constants?: Readonly<Record<string, CaseInput>>;
}

export function graphProto({ nodes, inputs = [], outputs, constants = {} }: GraphParts): Uint8Array {
  return message([
    ...nodes.map((node) => [1, node] as const),
    [2, "g"],
    ...Object.entries(constants).map(([name, input]) => [5, tensorProto(name, input)] as const),
    ...inputs.map((input) => [11, input] as const),
    ...outputs.map((each) => [12, typeof each === "string" ? message([[1, each]]) : each] as const),
  ]);
}

export function modelProto(graph: Uint8Array, opsets: Readonly<Record<string, number>>): Uint8Array {
  return message([
    [1, 10],
    [7, graph],
    ...Object.entries(opsets).map(
      ([domain, version]) =>
        [
          8,
          message([
            [1, domain],
            [2, version],
          ]),
        ] as const,
    ),
  ]);
}

export const inputName = (index: number) => `in${index}`;
export const outputName = (index: number) => `out${index}`;

/** Names of the outputs that are asked for. */
export function outputsOf({ outputs = 1 }: OperatorCase): string[] {
  const wanted = typeof outputs === "number" ? Array.from({ length: outputs }, () => true) : outputs;
  return wanted.flatMap((each, i) => (each ? [outputName(i)] : []));
}

/** The case as a model: its one node, and its inputs by position. */
export function modelOf(each: OperatorCase): Uint8Array {
  const { op, domain = "", opset = OPSETS[domain] ?? 1, inputs, attributes, outputs = 1 } = each;
  const wanted = typeof outputs === "number" ? Array.from({ length: outputs }, () => true) : outputs;
  const constants: Record<string, CaseInput> = {};
  const fedInputs: Uint8Array[] = [];
  inputs.forEach((input, i) => {
    if (input?.constant) constants[inputName(i)] = input;
    else if (input) fedInputs.push(valueInfo(inputName(i), input.dtype, input.dims));
  });
  const node = nodeProto(
    op,
    inputs.map((input, i) => (input ? inputName(i) : "")),
    wanted.map((asked, i) => (asked ? outputName(i) : "")),
    attributes,
    domain,
  );
  const graph = graphProto({ nodes: [node], inputs: fedInputs, outputs: outputsOf(each), constants });
  return modelProto(graph, { "": OPSETS[""] ?? 0, [domain]: opset });
}

const OPSETS: Readonly<Record<string, number>> = { "": 21, "ai.onnx.ml": 5, "com.microsoft": 1 };
