import { fail } from "../../../../base/errors/index.ts";
import type { FlatTable } from "../../../wire/index.ts";

/**
 * A row of a list by its index.
 * @param things what the list holds, and `what` names the index, for the message
 * @throws MODEL_TFLITE_INDEX
 */
export function itemAt<T>(
  list: readonly T[],
  index: number,
  row: FlatTable,
  things: string,
  what: string,
): T {
  if (index >= 0 && index < list.length) return list[index] as T;
  throw fail(
    "MODEL_TFLITE_INDEX",
    { count: list.length, things, what, index },
    { where: `${row.bytes.file}, byte ${row.position}` },
  );
}
