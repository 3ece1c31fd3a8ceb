import { fail } from "../../../base/errors/index.ts";
import { type ByteSource, bufferSource } from "../../../base/sources/index.ts";
import type { DType } from "../../tensor/dtype.ts";
import { ARRAYS, byteLengthOf, bytesOf, elementCount, tensorFromBytes } from "../../tensor/index.ts";
import type { LazyTensor, Tensor } from "../../tensor/tensor.ts";
import { Cursor, type Payload, wholeBytes } from "../../wire/index.ts";
import { Defects } from "./defects.ts";
import { dtypeOf, readEntry, readInts } from "./proto.ts";
import { decodeTyped, TYPED_FIELDS, typedFieldOf } from "./typed.ts";

/** What the readers of a model's parts share. */
export interface Context {
  readonly main: ByteSource;
  /** Tensors whose bytes lie in other files, to be checked before the model is handed out. */
  readonly external: ExternalTensor[];
  readonly notes: Set<string>;
  readonly defects: Defects;
}

/** onnx.proto, "external data": where a tensor's bytes lie. */
export interface ExternalTensor {
  readonly name: string;
  readonly location: string;
  readonly offset: number;
  readonly length: number;
  /** Set when the file was found; reading without it fails. */
  source: ByteSource | null;
}

/** Pieces in which `stream` reads by default: large enough for the disk, small beside any model. */
const STREAM_CHUNK = 4 * 1024 * 1024;

/** TensorProto as a tensor whose bytes stay where they are. @throws MODEL_TENSOR_*, MODEL_SHAPE_INVALID */
export function readTensor(cursor: Cursor, context: Context): LazyTensor {
  const dims: bigint[] = [];
  let type = 0;
  let name = "";
  let raw: Payload | null = null;
  let isExternal = false;
  let isSegment = false;
  const entries = new Map<string, string>();
  // The type may come behind the data: which field counts is known at the end.
  const packed: { readonly field: number; readonly payload: Payload }[] = [];
  const fields = new Set<number>();
  const { file, position } = cursor;
  const start = position;
  const end = position + cursor.length;
  while (cursor.next()) {
    const { field, wire } = cursor;
    if (field === 1) readInts(cursor, dims);
    else if (field === 2 && wire === 0) type = cursor.int32();
    else if (field === 3) {
      isSegment = true;
      cursor.skip();
    } else if (field === 8 && wire === 2) name = cursor.string();
    else if (field === 9 && wire === 2) raw = cursor.payload();
    else if (field === 13 && wire === 2) readEntry(cursor, entries);
    else if (field === 14 && wire === 0) isExternal = cursor.int32() === 1;
    else if (TYPED_FIELDS.has(field)) {
      fields.add(field);
      if (wire === 2) packed.push({ field, payload: cursor.payload() });
      else cursor.skip();
    } else cursor.skip();
  }
  const what = `tensor ${name || "without a name"}`;
  const where = `${file}, byte ${start}, ${what}`;
  if (isSegment) throw fail("MODEL_TENSOR_SEGMENT", { what }, { where });
  const dtype = dtypeOf(type);
  if (dtype === undefined) throw fail("MODEL_TENSOR_TYPE_UNKNOWN", { what, type }, { where });
  const shape = dims.map(Number);
  const count = elementCount(shape, what, where);
  const byteLength = byteLengthOf(dtype, count);
  const misfit = (bytes: number, expected: number) =>
    fail("MODEL_TENSOR_SIZE", { what, bytes, expected, shape: shape.join("×"), dtype }, { where });
  const fits = (bytes: number) => {
    if (bytes !== byteLength) throw misfit(bytes, byteLength);
  };
  const base = { name, dtype, shape, byteLength };
  if (isExternal) {
    if (dtype === "string") throw fail("MODEL_TENSOR_TEXT_OUTSIDE", { what }, { where });
    const outside = externalOf(entries, name, byteLength, where);
    context.external.push(outside);
    fits(outside.length);
    return ranged(base, dtype, () => opened(outside, where), outside.location, outside.offset);
  }
  if (raw) {
    if (dtype === "string") throw fail("MODEL_TENSOR_TEXT_RAW", { what }, { where });
    fits(raw.length);
    return ranged(base, dtype, () => context.main, file, raw.offset);
  }
  const typedField = typedFieldOf(dtype);
  if (!fields.has(typedField) && count > 0) throw misfit(0, dtype === "string" ? count : byteLength);
  const typed = packed.filter(({ field }) => field === typedField).map(({ payload }) => payload);
  if (dtype === "string") {
    // Every string has at least a tag and a length.
    if (typed.length !== count) throw misfit(typed.length, count);
  } else {
    // Fields of fixed width tell their length without being read.
    if (typed.length > 0 && (typedField === 4 || typedField === 10))
      fits(typed.reduce((sum, each) => sum + each.length, 0));
    // Every number takes a byte at least: no memory is taken for a shape that asks for more of them.
    const numbers = byteLength / ARRAYS[dtype].BYTES_PER_ELEMENT;
    if (numbers > end - start) throw misfit(end - start, numbers);
  }
  // Typed fields are decoded when somebody reads them: until then the message stays in the file.
  const read = async (signal?: AbortSignal): Promise<Tensor> => {
    const bytes = await context.main.read(start, end - start, signal);
    return decodeTyped(new Cursor(wholeBytes(bytes, file)), dtype, shape, count, where);
  };
  return {
    ...base,
    origin: { file, offset: start, length: end - start },
    read,
    async *stream(chunk = STREAM_CHUNK, signal) {
      const bytes = bytesOf(await read(signal));
      for (let at = 0; at < bytes.byteLength; at += chunk) yield bytes.subarray(at, at + chunk);
    },
  };
}

type Base = Pick<LazyTensor, "name" | "dtype" | "shape" | "byteLength">;

function ranged(
  base: Base,
  dtype: Exclude<DType, "string">,
  source: () => ByteSource,
  file: string,
  offset: number,
): LazyTensor {
  const { byteLength, shape } = base;
  return {
    ...base,
    origin: { file, offset, length: byteLength },
    async read(signal) {
      return tensorFromBytes(dtype, shape, await source().read(offset, byteLength, signal));
    },
    async *stream(chunk = STREAM_CHUNK, signal) {
      for (let at = 0; at < byteLength; at += chunk) {
        yield await source().read(offset + at, Math.min(chunk, byteLength - at), signal);
      }
    },
  };
}

function opened(tensor: ExternalTensor, where: string): ByteSource {
  if (tensor.source) return tensor.source;
  throw fail("MODEL_EXTERNAL_MISSING", { tensor: tensor.name, location: tensor.location }, { where });
}

function externalOf(
  entries: ReadonlyMap<string, string>,
  name: string,
  byteLength: number,
  where: string,
): ExternalTensor {
  const location = entries.get("location") ?? "";
  const number = (key: string, fallback: number) => {
    const text = entries.get(key);
    if (text === undefined) return fallback;
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value))
      throw fail("MODEL_EXTERNAL_NUMBER", { tensor: name, key, text }, { where });
    return value;
  };
  return { name, location, offset: number("offset", 0), length: number("length", byteLength), source: null };
}

/** A file that holds one TensorProto, such as the ONNX project's test data. */
export async function readTensorProto(bytes: Uint8Array, name = "tensor"): Promise<Tensor> {
  const sparse = wholeBytes(bytes, name);
  const context: Context = {
    main: bufferSource(bytes, name),
    external: [],
    notes: new Set(),
    defects: new Defects(),
  };
  return readTensor(new Cursor(sparse), context).read();
}
