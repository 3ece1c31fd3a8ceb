import { fail } from "../../base/errors/index.ts";
import type { Signature, TensorData, TensorSpec, Tensors } from "../../model/tensor/tensor.ts";
import { ARRAYS, type Carried } from "./elements.ts";

/** Feeds that fit the signature, in its order. */
export interface Checked {
  readonly shapes: readonly (readonly number[])[];
  readonly data: readonly TensorData[];
}

/** Most dimensions of a tensor: numpy's own limit. It keeps a hostile shape from growing a message. */
const MAX_RANK = 64;

/**
 * Checks feeds against the signature before anything runs.
 * @throws RUN_INPUT_MISSING, RUN_INPUT_UNKNOWN, RUN_INPUT_DTYPE, RUN_INPUT_SHAPE, RUN_INPUT_DATA, RUN_INPUT_VALUE
 */
export function checkFeeds(signature: Signature, feeds: Tensors): Checked {
  const { inputs } = signature;
  const shapes: (readonly number[])[] = [];
  const data: TensorData[] = [];
  for (const spec of inputs) {
    // The names are the model's, so they may be those of Object's own members ("constructor").
    const tensor = Object.hasOwn(feeds, spec.name) ? feeds[spec.name] : undefined;
    if (tensor === undefined) {
      throw fail("RUN_INPUT_MISSING", { name: spec.name, expected: describe(spec) });
    }
    if (tensor.dtype !== spec.dtype) {
      throw fail("RUN_INPUT_DTYPE", { name: spec.name, expected: spec.dtype, given: String(tensor.dtype) });
    }
    checkShape(spec, tensor.shape);
    checkData(spec, tensor.shape, tensor.data);
    shapes.push(tensor.shape);
    data.push(tensor.data);
  }
  const names = Object.keys(feeds);
  if (names.length !== inputs.length) {
    const unknown = names.find((name) => !inputs.some((spec) => spec.name === name)) ?? "";
    const expected = inputs.map((spec) => spec.name).join(", ") || "none";
    throw fail("RUN_INPUT_UNKNOWN", { name: unknown, expected });
  }
  return { shapes, data };
}

function checkShape(spec: TensorSpec, shape: readonly number[]): void {
  const given = Array.isArray(shape) ? shape : [];
  let fits = Array.isArray(shape) && given.length <= MAX_RANK;
  for (let i = 0; fits && i < given.length; i++) {
    const length = given[i] as number;
    fits = Number.isSafeInteger(length) && length >= 0;
  }
  const dims = spec.shape;
  // The runtime reports an unknown rank and a scalar alike as []; it takes any rank for both.
  if (fits && dims !== null && dims.length > 0) {
    fits = dims.length === given.length;
    for (let i = 0; fits && i < dims.length; i++) fits = typeof dims[i] !== "number" || dims[i] === given[i];
  }
  if (!fits) {
    throw fail("RUN_INPUT_SHAPE", { name: spec.name, expected: shapeText(dims), given: shapeText(given) });
  }
}

function checkData(spec: TensorSpec, shape: readonly number[], data: TensorData): void {
  const array = ARRAYS[spec.dtype as Carried];
  // A double cannot wrap: a product past 2^53 is merely inexact, and equals no array's length.
  let count = 1;
  for (const length of shape) count *= length;
  if (!(data instanceof array) || data.length !== count) {
    const unit = spec.dtype === "string" ? "strings in an Array" : `values in a ${array.name}`;
    const kind = (data as object | null | undefined)?.constructor?.name ?? String(data);
    const given = data instanceof array ? `${data.length}` : `${kind} of ${data?.length}`;
    throw fail("RUN_INPUT_DATA", {
      name: spec.name,
      shape: shapeText(shape),
      expected: `${count} ${unit}`,
      given,
    });
  }
  if (spec.dtype === "bool") checkBooleans(spec, data as Uint8Array);
  else if (spec.dtype === "string") checkStrings(spec, data as string[]);
}

/** Any other byte is undefined behaviour in the runtime's C++. */
function checkBooleans(spec: TensorSpec, data: Uint8Array): void {
  const index = data.findIndex((byte) => byte > 1);
  if (index < 0) return;
  const problem = `is ${data[index]}`;
  throw fail("RUN_INPUT_VALUE", { name: spec.name, dtype: spec.dtype, index, problem });
}

/** The binding silently cuts a string at its first NUL. */
const NUL_OR_LONE_SURROGATE = /\0|\p{Surrogate}/u;

function checkStrings(spec: TensorSpec, data: string[]): void {
  for (let index = 0; index < data.length; index++) {
    const text = data[index];
    if (typeof text === "string" && !NUL_OR_LONE_SURROGATE.test(text)) continue;
    const problem = typeof text === "string" ? "has a NUL or half a surrogate pair" : `is a ${typeof text}`;
    throw fail("RUN_INPUT_VALUE", { name: spec.name, dtype: spec.dtype, index, problem });
  }
}

/** "float32 [batch, 3, ?]" */
export function describe(spec: TensorSpec): string {
  return `${spec.dtype} ${shapeText(spec.shape)}`;
}

function shapeText(shape: readonly (number | string | null)[] | null): string {
  if (shape === null) return "of any rank";
  const dims = shape.slice(0, MAX_RANK).map((dim) => (dim === null ? "?" : String(dim)));
  return `[${dims.join(", ")}${shape.length > MAX_RANK ? ", …" : ""}]`;
}
