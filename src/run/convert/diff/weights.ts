import type { Model, Value } from "../../../model/graph/graph.ts";
import { type Alignment, graphsOf } from "../../../model/graph/index.ts";
import type { LazyTensor } from "../../../model/tensor/tensor.ts";
import { tensorOf } from "./constants.ts";
import { Lister, type Weight, type WeightChange, type WeightsDiff } from "./report.ts";
import { compareValues } from "./values.ts";

/**
 * Compares the constant tensors that belong together: those that are read at the same place of the same node, else those of one
 * name. They are read in pieces, one pair after the other.
 * @param tell bytes of the first model that were looked at
 */
export async function weightsDiff(
  a: Model,
  b: Model,
  { values, valuesBack }: Alignment,
  signal: AbortSignal | undefined,
  tell: (bytes: number) => void = () => {},
): Promise<WeightsDiff> {
  const changed = new Lister<WeightChange>();
  const removed = new Lister<Weight>();
  const added = new Lister<Weight>();
  let compared = 0;
  let same = 0;
  let bytes = 0;
  for (const [value, tensor] of constants(a)) {
    const twin = values.get(value);
    const other = twin && tensorOf(twin);
    if (!twin || !other) {
      removed.add(() => weight(value, tensor));
      continue;
    }
    compared++;
    const difference = await compareValues(tensor, other, signal);
    if (difference?.differing === 0 && tensor.dtype === other.dtype) same++;
    else changed.add(() => ({ a: weight(value, tensor), b: weight(twin, other), values: difference }));
    bytes += tensor.byteLength;
    tell(bytes);
  }
  for (const [value, tensor] of constants(b)) {
    const twin = valuesBack.get(value);
    if (!twin || !tensorOf(twin)) added.add(() => weight(value, tensor));
  }
  return {
    compared,
    same,
    changed: changed.listed,
    removed: removed.listed,
    added: added.listed,
  };
}

function* constants(model: Model): Generator<readonly [Value, LazyTensor]> {
  for (const graph of graphsOf(model)) {
    for (const value of graph.values.values()) {
      const tensor = tensorOf(value);
      if (tensor) yield [value, tensor];
    }
  }
}

function weight({ name }: Value, { dtype, shape }: LazyTensor): Weight {
  return { name, type: `${dtype}[${shape.join(",")}]` };
}
