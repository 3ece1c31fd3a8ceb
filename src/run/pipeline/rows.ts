import { fail } from "../../base/errors/index.ts";
import type { Signature, Tensors } from "../../model/tensor/tensor.ts";

/** Refuses feeds of more rows than a model may be given. @throws RUN_ROWS */
export type CheckRows = (feeds: Tensors) => void;

const ANY: CheckRows = () => undefined;

/**
 * The check for a declared `max_batch` (max_batch_size in config.pbtxt): it bounds what one request brings, on whatever
 * way it comes, since the memory of a run grows with its rows. Only an open leading dimension counts rows.
 * @param limit most rows of one request; 0 and undefined set none
 */
export function rowLimit(model: string, signature: Signature, limit: number | undefined): CheckRows {
  const counted = signature.inputs.filter(({ shape }) => shape?.length && typeof shape[0] !== "number");
  if (!limit || counted.length === 0) return ANY;
  return (feeds) => {
    for (const { name } of counted) {
      const rows = Object.hasOwn(feeds, name) ? (feeds[name]?.shape?.[0] ?? 0) : 0;
      if (rows > limit) throw fail("RUN_ROWS", { model, rows, limit });
    }
  };
}
