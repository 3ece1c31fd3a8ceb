import { fail } from "../../base/errors/index.ts";
import { shortestFloat32 } from "../../base/float32.ts";
import type { Quantization } from "../../model/contract/contract.ts";
import { fromBfloat16, fromHalf, type Tensor, type Tensors } from "../../model/tensor/index.ts";

/**
 * An output as plain floats, and how a number made of them is answered: what was computed from 32 bits has no more digits
 * to show than 32 bits hold, as the shortest decimal; what came as 64 stays as it is.
 * @throws TASK_OUTPUT where it is missing or holds no real numbers
 */
export function floatsOf(
  outputs: Tensors,
  name: string,
  task: string,
): { values: ArrayLike<number>; shape: readonly number[]; shown: (value: number) => number } {
  const tensor = outputs[name];
  if (!tensor)
    throw fail("TASK_OUTPUT", {
      tensor: name,
      task,
      found: "not among what the model gives",
      wanted: "numbers",
    });
  const values = toFloats(tensor);
  if (!values) throw fail("TASK_OUTPUT", { tensor: name, task, found: tensor.dtype, wanted: "numbers" });
  const shown = tensor.dtype === "float64" ? (value: number) => value : shown32;
  return { values, shape: tensor.shape, shown };
}

/**
 * Scores of classes along the last dimension, row by row, as the contract means them: whole numbers made real, and what the
 * graph has not applied.
 */
export function activate(
  values: ArrayLike<number>,
  classes: number,
  activation: "softmax" | "sigmoid" | "none",
  quantization?: Quantization,
): ArrayLike<number> {
  const real = quantization ? dequantize(values, quantization) : values;
  if (activation === "none") return real;
  if (activation === "sigmoid") return sigmoid(real);
  const rows = Float64Array.from(real);
  for (let at = 0; at < rows.length; at += classes) rows.set(softmax(rows.subarray(at, at + classes)), at);
  return rows;
}

export function dequantize(values: ArrayLike<number>, { scale, zeroPoint }: Quantization): Float64Array {
  return Float64Array.from(values, (value) => (value - zeroPoint) * scale);
}

/** A number of float32's precision as the shortest decimal that tells it apart. */
export function shown32(value: number): number {
  return shortestFloat32(Math.fround(value));
}

function toFloats({ dtype, data }: Tensor): ArrayLike<number> | null {
  if (Array.isArray(data)) return null;
  if (dtype === "float16") return Float32Array.from(data as Uint16Array, fromHalf);
  if (dtype === "bfloat16") return Float32Array.from(data as Uint16Array, fromBfloat16);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Float64Array.from(data as BigInt64Array, Number);
  }
  if (dtype === "float32" || dtype === "float64" || /^u?int(8|16|32)$/.test(dtype)) return data;
  return null;
}

/** exp(x) over its sum, stable for large scores. */
export function softmax(scores: ArrayLike<number>): Float64Array {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) most = Math.max(most, scores[i] as number);
  const out = new Float64Array(scores.length);
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    const value = Math.exp((scores[i] as number) - most);
    out[i] = value;
    sum += value;
  }
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) / sum;
  return out;
}

export function sigmoid(scores: ArrayLike<number>): Float64Array {
  return Float64Array.from(scores, (score) => 1 / (1 + Math.exp(-score)));
}
