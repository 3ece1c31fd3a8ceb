import { isModelyardError } from "../../../base/errors/index.ts";
import type { LazyTensor, Tensor } from "../../tensor/tensor.ts";
import type { Model, Value, ValueType } from "../graph.ts";
import { inferTypes } from "../infer/index.ts";
import { constantsOf } from "../walk.ts";

/** What is told of a model beyond what its structure says. */
export interface PrintDetails {
  /** The contents of small constants. */
  readonly contents?: ReadonlyMap<LazyTensor, Tensor>;
  /** The types of values, where the file's are not enough. */
  typeOf?(value: Value): ValueType | null;
}

/** Contents longer than this are weights, and not read. */
const MOST_ELEMENTS = 16;
/** Contents that are read: a hostile file has a million constants of one element. */
const MOST_READ = 20_000;

/**
 * Reads small constants and works out types, as far as both can be done: what is cut off or missing is left out, for a
 * text is wanted of models that are broken, too.
 */
export async function printDetails(model: Model, signal?: AbortSignal): Promise<PrintDetails> {
  const contents = new Map<LazyTensor, Tensor>();
  for (const tensor of constantsOf(model)) {
    if (contents.size >= MOST_READ) break;
    if (tensor.shape.reduce((product, dim) => product * dim, 1) > MOST_ELEMENTS) continue;
    const read = await orNothing(tensor.read(signal));
    if (read) contents.set(tensor, read);
  }
  const types = await orNothing(inferTypes(model, signal ? { signal } : {}));
  return { contents, ...(types ? { typeOf: (value) => types.typeOf(value) } : {}) };
}

async function orNothing<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    return null;
  }
}
