// ModelProto from plain data, by the few lines of protobuf that bench/inspect/models.js has: not by the product's writer.
import { message } from "../files.ts";

export type RandomType =
  | "float32"
  | "float64"
  | "float16"
  | "int64"
  | "int32"
  | "uint8"
  | "int8"
  | "bool"
  | "string";

/** TensorProto.DataType, bytes an element, and the typed field of TensorProto that holds it. */
export const TYPES: Readonly<Record<RandomType, { number: number; bytes: number; field: number }>> = {
  float32: { number: 1, bytes: 4, field: 4 },
  uint8: { number: 2, bytes: 1, field: 5 },
  int8: { number: 3, bytes: 1, field: 5 },
  int32: { number: 6, bytes: 4, field: 5 },
  int64: { number: 7, bytes: 8, field: 7 },
  string: { number: 8, bytes: 0, field: 6 },
  bool: { number: 9, bytes: 1, field: 5 },
  float16: { number: 10, bytes: 2, field: 5 },
  float64: { number: 11, bytes: 8, field: 10 },
};

export type Element = number | bigint | string;

export interface PlainTensor {
  readonly dtype: RandomType;
  readonly shape: readonly number[];
  /** float16 as raw words. */
  readonly data: readonly Element[];
  /** Whether the elements stand in the field of their type, or as bytes. */
  readonly typed?: boolean;
}

/** A float is written with a dot: `{ float: 1 }`. */
export type PlainAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly string: string }
  | { readonly tensor: PlainTensor }
  | { readonly graph: PlainGraph }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] }
  /** A parameter of the function around the node, and its kind. */
  | { readonly parameter: string; readonly kind: number };

export interface PlainNode {
  readonly op: string;
  readonly domain?: string;
  readonly name?: string;
  readonly doc?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, PlainAttribute>;
}

/** A length, a name, or nothing said; no shape at all where it is null. */
export interface PlainInfo {
  readonly name: string;
  readonly dtype: RandomType;
  readonly shape: readonly (number | string | null)[] | null;
}

export interface PlainGraph {
  readonly name: string;
  readonly inputs: PlainInfo[];
  readonly outputs: PlainInfo[];
  readonly infos: PlainInfo[];
  readonly nodes: PlainNode[];
  readonly initializers: Map<string, PlainTensor>;
}

export interface PlainFunction {
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly string[];
  /** Attributes that a call may leave out. */
  readonly defaults: ReadonlyMap<string, PlainAttribute>;
  readonly nodes: readonly PlainNode[];
}

export interface PlainModel {
  readonly ir: number;
  readonly opset: number;
  readonly graph: PlainGraph;
  readonly functions: readonly PlainFunction[];
}

type Field = readonly [number, number | bigint | string | Uint8Array];

/** Elements as the bytes that raw_data holds. */
export function rawBytes({ dtype, data }: PlainTensor): Uint8Array {
  const { bytes } = TYPES[dtype];
  const view = new DataView(new ArrayBuffer(bytes * data.length));
  data.forEach((value, i) => {
    const at = i * bytes;
    if (dtype === "float32") view.setFloat32(at, Number(value), true);
    else if (dtype === "float64") view.setFloat64(at, Number(value), true);
    else if (dtype === "int64") view.setBigInt64(at, BigInt(value), true);
    else if (dtype === "int32") view.setInt32(at, Number(value), true);
    else if (dtype === "float16") view.setUint16(at, Number(value), true);
    else view.setInt8(at, Number(value));
  });
  return new Uint8Array(view.buffer);
}

function tensor(plain: PlainTensor, name = ""): Uint8Array {
  const { dtype, shape, data, typed } = plain;
  const { number, field } = TYPES[dtype];
  const head: Field[] = [...shape.map((dim): Field => [1, dim]), [2, number]];
  if (name !== "") head.push([8, name]);
  if (dtype === "string") return message([...head, ...data.map((each): Field => [6, String(each)])]);
  if (!typed || field === 4 || field === 10) {
    // Floats in their typed field are packed: the bytes are those of raw_data.
    return message([...head, [typed ? field : 9, rawBytes(plain)]]);
  }
  return message([...head, ...data.map((each): Field => [field, BigInt(each)])]);
}

/** A float attribute is a fixed32, which `message` does not know: tag 2 with wire type 5 by hand. */
function floatField(value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = 2 * 8 + 5;
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return bytes;
}

function attribute(name: string, value: PlainAttribute): Uint8Array {
  if ("float" in value)
    return join([
      message([
        [1, name],
        [20, 1],
      ]),
      floatField(value.float),
    ]);
  if ("int" in value)
    return message([
      [1, name],
      [3, value.int],
      [20, 2],
    ]);
  if ("string" in value)
    return message([
      [1, name],
      [4, value.string],
      [20, 3],
    ]);
  if ("tensor" in value)
    return message([
      [1, name],
      [5, tensor(value.tensor)],
      [20, 4],
    ]);
  if ("graph" in value)
    return message([
      [1, name],
      [6, graph(value.graph)],
      [20, 5],
    ]);
  if ("parameter" in value)
    return message([
      [1, name],
      [20, value.kind],
      [21, value.parameter],
    ]);
  if ("floats" in value) {
    const packed = rawBytes({ dtype: "float32", shape: [], data: value.floats });
    return message([
      [1, name],
      [7, packed],
      [20, 6],
    ]);
  }
  return message([[1, name], ...value.ints.map((each): Field => [8, each]), [20, 7]]);
}

function node({ op, domain, name, doc, inputs, outputs, attributes }: PlainNode): Uint8Array {
  const fields: Field[] = [
    ...inputs.map((each): Field => [1, each]),
    ...outputs.map((each): Field => [2, each]),
    [4, op],
    ...[...attributes].map(([key, value]): Field => [5, attribute(key, value)]),
  ];
  if (name) fields.push([3, name]);
  if (doc) fields.push([6, doc]);
  if (domain) fields.push([7, domain]);
  return message(fields);
}

function info({ name, dtype, shape }: PlainInfo): Uint8Array {
  const dims = shape?.map(
    (dim): Field => [1, message(dim === null ? [] : [[typeof dim === "number" ? 1 : 2, dim]])],
  );
  const type: Field[] = [[1, TYPES[dtype].number]];
  if (dims) type.push([2, message(dims)]);
  return message([
    [1, name],
    [2, message([[1, message(type)]])],
  ]);
}

function graph({ name, inputs, outputs, infos, nodes, initializers }: PlainGraph): Uint8Array {
  return message([
    ...nodes.map((each): Field => [1, node(each)]),
    [2, name],
    ...[...initializers].map(([key, value]): Field => [5, tensor(value, key)]),
    ...inputs.map((each): Field => [11, info(each)]),
    ...outputs.map((each): Field => [12, info(each)]),
    ...infos.map((each): Field => [13, info(each)]),
  ]);
}

function opset(domain: string, version: number): Uint8Array {
  return message([
    [1, domain],
    [2, version],
  ]);
}

function functionProto(version: number, made: PlainFunction): Uint8Array {
  const { domain, name, inputs, outputs, attributes, defaults, nodes } = made;
  return message([
    [1, name],
    ...inputs.map((each): Field => [4, each]),
    ...outputs.map((each): Field => [5, each]),
    ...attributes.map((each): Field => [6, each]),
    ...nodes.map((each): Field => [7, node(each)]),
    [9, opset("", version)],
    [9, opset(domain, 1)],
    [10, domain],
    ...[...defaults].map(([key, value]): Field => [11, attribute(key, value)]),
  ]);
}

export function encodeModel({ ir, opset: version, graph: main, functions }: PlainModel): Uint8Array {
  const domains = new Set(functions.map(({ domain }) => domain));
  return message([
    [1, ir],
    [2, "random-graphs"],
    [7, graph(main)],
    [8, opset("", version)],
    ...[...domains].map((domain): Field => [8, opset(domain, 1)]),
    ...functions.map((each): Field => [25, functionProto(version, each)]),
  ]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
