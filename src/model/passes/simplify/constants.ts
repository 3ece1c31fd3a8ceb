import type { Graph, Model, Value } from "../../graph/graph.ts";

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
