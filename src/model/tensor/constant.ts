import { bytesOf } from "./elements.ts";
import type { LazyTensor, Tensor } from "./tensor.ts";

const STREAM_CHUNK = 4 * 1024 * 1024;

/**
 * A tensor in memory as a constant of a model.
 * @param derived how it came to be, for `inspect`: "batch normalisation folded into conv1.weight"
 */
export function constantTensor(tensor: Tensor, derived: string, name = ""): LazyTensor {
  const { dtype, shape } = tensor;
  return {
    name,
    dtype,
    shape,
    byteLength: dtype === "string" ? 0 : bytesOf(tensor).byteLength,
    origin: { derived },
    read: async () => tensor,
    async *stream(chunk = STREAM_CHUNK) {
      const bytes = bytesOf(tensor);
      for (let at = 0; at < bytes.byteLength; at += chunk) yield bytes.subarray(at, at + chunk);
    },
  };
}
