import { fail } from "../../../base/errors/index.ts";
import type { DType } from "../../tensor/dtype.ts";
import { ARRAYS, byteLengthOf } from "../../tensor/index.ts";
import type { Tensor, TensorData } from "../../tensor/tensor.ts";
import type { Cursor } from "../../wire/index.ts";

/**
 * The typed fields of TensorProto: float_data 4 (also complex64), int32_data 5 (every small type, its bits), string_data
 * 6, int64_data 7, double_data 10 (also complex128), uint64_data 11 (also uint32).
 */
export const TYPED_FIELDS: ReadonlySet<number> = new Set([4, 5, 6, 7, 10, 11]);

/** The typed field that holds elements of a type. */
export function typedFieldOf(dtype: DType): number {
  return FIELDS[dtype] ?? 5;
}

const FIELDS: Readonly<Partial<Record<DType, number>>> = {
  float32: 4,
  complex64: 4,
  string: 6,
  int64: 7,
  float64: 10,
  complex128: 10,
  uint32: 11,
  uint64: 11,
};

/** Decodes the typed field of a TensorProto message. @throws MODEL_TENSOR_SIZE */
export function decodeTyped(
  cursor: Cursor,
  dtype: DType,
  shape: readonly number[],
  count: number,
  where: string,
): Tensor {
  if (dtype === "string") return { dtype, shape, data: decodeStrings(cursor, count, where) };
  const data = new ARRAYS[dtype](new ArrayBuffer(byteLengthOf(dtype, count)));
  const put = writer(data);
  let at = 0;
  const add = (value: number | bigint) => {
    if (at < data.length) put(at, value);
    at++;
  };
  const wanted = typedFieldOf(dtype);
  while (cursor.next()) {
    const { field, wire } = cursor;
    const read = field === wanted ? READERS[field] : undefined;
    if (!read) cursor.skip();
    else if (wire === 2) {
      const packed = cursor.message();
      while (packed.length > 0) add(read(packed));
    } else if (wire === WIRES[field]) add(read(cursor));
    else cursor.skip();
  }
  if (at !== data.length) {
    throw fail(
      "MODEL_TENSOR_SIZE",
      { what: "its typed field", bytes: at, expected: data.length, shape: shape.join("×"), dtype },
      { where },
    );
  }
  return { dtype, shape, data };
}

const READERS: Readonly<Record<number, (cursor: Cursor) => number | bigint>> = {
  4: (cursor) => cursor.float(),
  5: (cursor) => cursor.int32(),
  7: (cursor) => cursor.int64(),
  10: (cursor) => cursor.double(),
  11: (cursor) => cursor.int64(),
};

const WIRES: Readonly<Record<number, number>> = { 4: 5, 5: 0, 7: 0, 10: 1, 11: 0 };

/** Typed arrays keep the low bits of what is written: exactly what int32_data means for the small types. */
function writer(data: Exclude<TensorData, string[]>): (at: number, value: number | bigint) => void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return (at, value) => {
      data[at] = BigInt(value);
    };
  }
  return (at, value) => {
    data[at] = Number(value);
  };
}

function decodeStrings(cursor: Cursor, count: number, where: string): string[] {
  const strings: string[] = [];
  while (cursor.next()) {
    if (cursor.field === 6 && cursor.wire === 2) strings.push(cursor.string());
    else cursor.skip();
  }
  if (strings.length !== count) {
    throw fail(
      "MODEL_TENSOR_SIZE",
      { what: "string_data", bytes: strings.length, expected: count, shape: "", dtype: "string" },
      { where },
    );
  }
  return strings;
}
