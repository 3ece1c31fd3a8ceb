import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Encoder } from "../../../wire/index.ts";

/** A string field, left out where it says nothing. */
export function encodeText(encoder: Encoder<LazyTensor>, field: number, text: string | undefined): void {
  if (text) encoder.string(field, text);
}

/** StringStringEntryProto, one for each entry. */
export function encodeEntries(
  encoder: Encoder<LazyTensor>,
  field: number,
  entries: Iterable<readonly [key: string, value: string]> | undefined,
): void {
  for (const [key, value] of entries ?? []) {
    encoder.open(field);
    encoder.string(1, key);
    encoder.string(2, value);
    encoder.close();
  }
}

/** Fields that the reader did not know, as they stood. */
export function encodeUnknown(encoder: Encoder<LazyTensor>, fields: Uint8Array | undefined): void {
  if (fields) encoder.raw(fields);
}
