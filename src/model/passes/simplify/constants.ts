import type { Graph, Model, Value } from "../../graph/graph.ts";
import { elementCount } from "../../tensor/index.ts";
import type { LazyTensor, Tensor } from "../../tensor/tensor.ts";

/** Rules that look into constants look at axes, shapes, bounds and scalars: more elements than this they never need. */
const MAX_SMALL = 4_096;

const read = new WeakMap<LazyTensor, Promise<Tensor>>();

/** The elements of a constant of at most 4,096 elements, read once; null for a larger one. */
export function readSmall(tensor: LazyTensor, signal?: AbortSignal): Promise<Tensor> | null {
  if (elementCount(tensor.shape, tensor.name) > MAX_SMALL) return null;
  let pending = read.get(tensor);
  if (!pending) {
    pending = tensor.read(signal);
    read.set(tensor, pending);
    // A read that failed or was aborted says nothing about the next one.
    pending.catch(() => read.delete(tensor));
  }
  return pending;
}

/**
 * Which values are the same in every run. An initializer that is also an input is its default value, which a caller may
 * replace; before IR version 4 every initializer had to be listed among the inputs, and was constant all the same.
 */
export function constantTest(model: Model): (value: Value) => boolean {
  const inputs = new Map<Graph, ReadonlySet<Value>>();
  if (model.irVersion < 4) inputs.set(model.graph, new Set());
  return (value) => {
    if (!value.constant || value.producer) return false;
    let replaceable = inputs.get(value.graph);
    if (!replaceable) {
      replaceable = new Set(value.graph.inputs);
      inputs.set(value.graph, replaceable);
    }
    return !replaceable.has(value);
  };
}
