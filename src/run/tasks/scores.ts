import { fail } from "../../base/errors/index.ts";
import { fromBfloat16, fromHalf, type Tensor, type Tensors } from "../../model/tensor/index.ts";

/**
 * An output as plain floats.
 * @throws TASK_OUTPUT where it is missing or holds no real numbers
 */
export function floatsOf(
  outputs: Tensors,
  name: string,
  task: string,
): { values: ArrayLike<number>; shape: readonly number[] } {
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
  return { values, shape: tensor.shape };
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
