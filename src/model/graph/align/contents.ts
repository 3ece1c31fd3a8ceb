import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Model } from "../graph.ts";
import { constantsOf } from "../walk.ts";
import { Hash } from "./hash.ts";

/** Bytes of a tensor that are looked at: weights that are not the same differ from the first on. */
const LOOKED_AT = 4_096;

/**
 * A hash of the beginning of every constant tensor but text: what tells constants of one type and shape apart. One small read a
 * tensor.
 * @throws whatever reading throws
 */
export async function contentsOf(model: Model, signal?: AbortSignal): Promise<Map<LazyTensor, number>> {
  const found = new Map<LazyTensor, number>();
  const hash = new Hash();
  for (const tensor of constantsOf(model)) {
    if (tensor.dtype === "string" || found.has(tensor)) continue;
    signal?.throwIfAborted();
    for await (const piece of tensor.stream(LOOKED_AT, signal)) {
      hash.start(piece.byteLength);
      for (const byte of piece) hash.int(byte);
      found.set(tensor, hash.value);
      break;
    }
  }
  return found;
}
