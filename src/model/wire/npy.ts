import { fail } from "../../base/errors/index.ts";
import { ARRAYS, type DType, elementCount, type Tensor } from "../tensor/index.ts";

/** "\x93NUMPY" */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Longest header: numpy itself refuses longer ones by default (numpy.lib.format, max_header_size). */
const MAX_HEADER = 10_000;

/** numpy's one-letter kinds with their sizes in bytes. */
const TYPES: Readonly<Record<string, Exclude<DType, "string">>> = {
  b1: "bool",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
  c8: "complex64",
  c16: "complex128",
};

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads one array as numpy.save writes it: versions 1 to 3, numbers, booleans and text of either byte order, in C or
 * Fortran order. Objects are never read: they are pickles, which run code.
 * @param file its name, for messages
 * @throws MODEL_NPY_DAMAGED, MODEL_NPY_TYPE, MODEL_SHAPE_INVALID
 */
export function readNpy(bytes: Uint8Array, file: string): Tensor {
  const { header, start } = readHeader(bytes, file);
  const { kind, size, unit, bigEndian } = readType(header, file);
  const shape = readShape(header, file);
  const fortran = field(header, "fortran_order", "True|False", file) === "True";
  const expected = elementCount(shape, `array in ${file}`, file) * size;
  const given = bytes.byteLength - start;
  if (given !== expected) {
    throw damaged(file, `its shape [${shape.join(", ")}] needs ${expected} bytes and it has ${given}`);
  }
  // Not slice(): of a Buffer that is a view into the whole file.
  let body = new Uint8Array(bytes.subarray(start));
  if (bigEndian) reverseEach(body, unit);
  if (fortran && shape.length > 1) body = toRowMajor(body, shape, size);
  if (kind === "U" || kind === "S") return { dtype: "string", shape, data: readText(body, kind, size, file) };
  const dtype = TYPES[`${kind}${size}`] as Exclude<DType, "string">;
  if (dtype === "bool" && body.some((byte) => byte > 1)) throw damaged(file, "a boolean is neither 0 nor 1");
  return { dtype, shape, data: new ARRAYS[dtype](body.buffer as ArrayBuffer) };
}

/** The header is a Python dictionary, written as text. */
function readHeader(bytes: Uint8Array, file: string): { header: string; start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.byteLength < 12 ? 0 : view.getUint8(6);
  if (major < 1 || major > 3)
    throw damaged(file, major === 0 ? "it ends in its header" : `version ${major} is unknown`);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const from = major === 1 ? 10 : 12;
  if (length > MAX_HEADER) throw damaged(file, `its header has ${length} bytes, more than ${MAX_HEADER}`);
  if (from + length > view.byteLength) throw damaged(file, "it ends in its header");
  const header = new TextDecoder().decode(bytes.subarray(from, from + length));
  return { header, start: from + length };
}

interface ElementType {
  readonly kind: string;
  /** Bytes of an element. */
  readonly size: number;
  /** Bytes of what the byte order is about: half a complex number, a character. */
  readonly unit: number;
  readonly bigEndian: boolean;
}

function readType(header: string, file: string): ElementType {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  if (descr === undefined) {
    // A structured type is a list of fields.
    if (/'descr'\s*:\s*\[/.test(header))
      throw fail("MODEL_NPY_TYPE", { file, type: "records of several fields" });
    throw damaged(file, "its header names no type");
  }
  const [, order = "", kind = "", digits = ""] = /^([<>|=]?)([a-zA-Z])(\d{0,6})$/.exec(descr) ?? [];
  const text = kind === "U" || kind === "S";
  const size = Number(digits) * (kind === "U" ? 4 : 1);
  if (kind === "" || (text && size === 0) || (!text && !Object.hasOwn(TYPES, `${kind}${digits}`))) {
    throw fail("MODEL_NPY_TYPE", { file, type: kind === "O" ? "Python objects" : descr });
  }
  const unit = kind === "U" ? 4 : kind === "c" ? size / 2 : kind === "S" ? 1 : size;
  return { kind, size, unit, bigEndian: order === ">" };
}

function readShape(header: string, file: string): number[] {
  const text = field(header, "shape", "\\([^)]*\\)", file).slice(1, -1);
  const dims = text.split(",").map((dim) => dim.trim());
  // Python ends the tuple of one with a comma.
  if (dims.at(-1) === "") dims.pop();
  if (!dims.every((dim) => /^\d+L?$/.test(dim))) throw damaged(file, `its shape is (${text})`);
  return dims.map((dim) => Number.parseInt(dim, 10));
}

function field(header: string, key: string, pattern: string, file: string): string {
  const found = new RegExp(`'${key}'\\s*:\\s*(${pattern})`).exec(header)?.[1];
  if (found === undefined) throw damaged(file, `its header has no ${key}`);
  return found;
}

function reverseEach(body: Uint8Array, unit: number): void {
  if (unit < 2) return;
  for (let at = 0; at < body.length; at += unit) body.subarray(at, at + unit).reverse();
}

/** Elements whose first index runs fastest, put into the order in which the last one does. */
function toRowMajor(body: Uint8Array, shape: readonly number[], size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(body.length);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, dim) => product * dim, size));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to += size) {
    out.set(body.subarray(from, from + size), to);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      const next = (index[axis] as number) + 1;
      if (next < (shape[axis] as number)) {
        index[axis] = next;
        from += stride;
        break;
      }
      from -= stride * (next - 1);
      index[axis] = 0;
    }
  }
  return out;
}

/** Text of fixed width, filled up with zeros: UTF-32 or bytes. */
function readText(body: Uint8Array, kind: string, size: number, file: string): string[] {
  const strings: string[] = [];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at < body.length; at += size) {
    const codes: number[] = [];
    for (let i = 0; i < size; i += kind === "U" ? 4 : 1) {
      codes.push(kind === "U" ? view.getUint32(at + i, true) : view.getUint8(at + i));
    }
    while (codes.at(-1) === 0) codes.pop();
    if (kind === "S") {
      strings.push(new TextDecoder().decode(Uint8Array.from(codes)));
      continue;
    }
    if (codes.some((code) => code > 0x10ffff))
      throw damaged(file, "its text has a character that does not exist");
    strings.push(codes.map((code) => String.fromCodePoint(code)).join(""));
  }
  return strings;
}

function damaged(file: string, problem: string) {
  return fail("MODEL_NPY_DAMAGED", { file, problem });
}
