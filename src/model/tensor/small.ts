import { elementCount } from "./elements.ts";
import type { LazyTensor, Tensor } from "./tensor.ts";

/** Whoever looks into constants looks at axes, shapes, bounds and scalars: more elements than this he never needs. */
const MAX_SMALL = 4_096;

const read = new WeakMap<LazyTensor, Promise<Tensor>>();

/**
 * The elements of a constant of at most 4,096 elements, read once and then kept beside it; null for a larger one. What is
 * kept of a model is never more than its file.
 */
export function readSmall(tensor: LazyTensor, signal?: AbortSignal): Promise<Tensor> | null {
  if (elementCount(tensor.shape, tensor.name) > MAX_SMALL) return null;
  // A map of a million weak keys costs every collection of garbage more than all else.
  if (tensor.keep) return tensor.keep(signal);
  let pending = read.get(tensor);
  if (!pending) {
    pending = tensor.read(signal);
    read.set(tensor, pending);
    // A read that failed or was aborted says nothing about the next one.
    pending.catch(() => read.delete(tensor));
  }
  return pending;
}
