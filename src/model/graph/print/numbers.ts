import { fromBfloat16, fromHalf } from "../../tensor/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { quote } from "./names.ts";

/** Longest string that is written. */
const LONGEST_TEXT = 200;

/** The shortest decimal that means the float32; with a point, so that it is no integer. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return pointed(short);
  }
  return pointed(Number(value.toPrecision(9)));
}

function pointed(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /[.en]/i.test(text) ? text : `${text}.0`;
}

/** A string, quoted and cut; bytes that are no text as hexadecimal. */
export function stringText(bytes: Uint8Array): string {
  const cut = bytes.byteLength > LONGEST_TEXT;
  const shown = bytes.subarray(0, LONGEST_TEXT);
  const rest = cut ? `…${bytes.byteLength}` : "";
  try {
    // A character that is cut in the middle is left to the decoder's mercy.
    return `${quote(new TextDecoder("utf-8", { fatal: !cut }).decode(shown))}${rest}`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return `0x${Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join("")}${rest}`;
  }
}

/** Weights as a person compares them. */
function short(value: number): string {
  return pointed(Number.isFinite(value) ? Number(value.toPrecision(5)) : value);
}

/** The elements of a small tensor in row-major order; floats to five digits. */
export function elementsText(tensor: Tensor): string[] {
  const { dtype, data } = tensor;
  if (Array.isArray(data)) return data.map((each) => quote(each.slice(0, LONGEST_TEXT)));
  const write = WRITERS[dtype];
  if (write) return Array.from(data as Float32Array, write);
  if (dtype === "complex64" || dtype === "complex128") {
    const parts = Array.from(data as Float32Array, short);
    return parts.flatMap((real, i) => (i % 2 === 0 ? [`${real}+${parts[i + 1]}i`] : []));
  }
  const bits = PACKED[dtype];
  if (bits) return unpacked(data as Uint8Array, bits, tensor.shape, dtype.startsWith("int"));
  return Array.from(data as Int32Array, String);
}

const WRITERS: Readonly<Record<string, (value: number) => string>> = {
  float32: short,
  float64: short,
  float16: (word) => short(fromHalf(word)),
  bfloat16: (word) => short(fromBfloat16(word)),
  bool: (byte) => (byte === 0 ? "false" : "true"),
  float8e4m3fn: hexadecimal,
  float8e4m3fnuz: hexadecimal,
  float8e5m2: hexadecimal,
  float8e5m2fnuz: hexadecimal,
  float8e8m0: hexadecimal,
  float4e2m1: hexadecimal,
  float6e2m3: hexadecimal,
  float6e3m2: hexadecimal,
};

/** Raw bytes, of types that nobody writes by hand. */
function hexadecimal(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

const PACKED: Readonly<Record<string, number>> = { int4: 4, uint4: 4, int2: 2, uint2: 2 };

function unpacked(bytes: Uint8Array, bits: number, shape: readonly number[], signed: boolean): string[] {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const range = 2 ** bits;
  const perByte = 8 / bits;
  return Array.from({ length: count }, (_, i) => {
    const byte = bytes[Math.floor(i / perByte)] ?? 0;
    const value = Math.floor(byte / range ** (i % perByte)) % range;
    return String(signed && value >= range / 2 ? value - range : value);
  });
}
