import type { Tensor } from "../../src/model/tensor/tensor.ts";

/** A float32 tensor; the shape is that of a list where none is given. */
export function floats(values: ArrayLike<number>, shape: readonly number[] = [values.length]): Tensor {
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}

export function longs(values: readonly bigint[], shape: readonly number[] = [values.length]): Tensor {
  return { dtype: "int64", shape, data: BigInt64Array.from(values) };
}

/** A seeded generator of numbers from 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}
