import type { ByteSource } from "../../../base/sources/source.ts";
import { damaged } from "./damaged.ts";

/** Where the list of a zip's entries lies. All in bytes from the start of the file, not of the zip. */
export interface ZipEnd {
  /** Where the directory begins. */
  readonly start: number;
  /** Bytes of the directory. */
  readonly size: number;
  readonly count: number;
  /** What is added to the offsets that the zip itself states: the bytes of other data in front of it, or 0. */
  readonly base: number;
}

/** "PK\5\6", 4.3.16 of APPNOTE.TXT, as every section below. */
const END = 0x06054b50;
const END_BYTES = 22;
/** The comment behind it has a length of 16 bits. */
const MAX_COMMENT = 0xffff;
/** "PK\6\7", 4.3.15: stands right in front of END where a field of that is too small. */
const LOCATOR = 0x07064b50;
const LOCATOR_BYTES = 20;
/** "PK\6\6", 4.3.14. */
const END64 = 0x06064b50;
const END64_BYTES = 56;
/** "PK\1\2", 4.3.12: an entry of the directory. */
export const ENTRY = 0x02014b50;
export const ENTRY_BYTES = 46;

/**
 * Finds the end record of a zip, from the tail of the file, at most 64 kB of it; null where the file does not end in a zip.
 * @throws MODEL_ZIP_DAMAGED where what it states cannot be
 */
export async function findZipEnd(source: ByteSource, signal?: AbortSignal): Promise<ZipEnd | null> {
  const { name, size } = source;
  // Most have no comment: then the record is the last 22 bytes.
  let at = size - END_BYTES;
  if (at < 0) return null;
  let tail = viewOf(await source.read(at, END_BYTES, signal));
  if (!endsHere(tail, 0)) {
    at = Math.max(0, size - END_BYTES - MAX_COMMENT);
    tail = viewOf(await source.read(at, size - at, signal));
  }
  let from = tail.byteLength - END_BYTES;
  while (from >= 0 && !endsHere(tail, from)) from--;
  if (from < 0) return null;
  const record = at + from;

  let count = tail.getUint16(from + 10, true);
  let bytes = tail.getUint32(from + 12, true);
  let offset = tail.getUint32(from + 16, true);
  let end = record;
  let disks = tail.getUint16(from + 4, true) + tail.getUint16(from + 6, true);
  const large = await readEnd64(source, record, signal);
  if (large) {
    ({ count, size: bytes, offset, at: end } = large);
    disks = 0;
  }
  if (disks !== 0) throw damaged(name, "it is one of several parts of an archive", record);

  // The directory ends where its end record begins, wherever the archive says that it begins.
  const start = end - bytes;
  if (start < 0)
    throw damaged(name, `its directory of ${bytes} bytes does not fit in front of its end`, record);
  if (count * ENTRY_BYTES > bytes)
    throw damaged(name, `its directory of ${bytes} bytes cannot hold ${count} entries`, record);
  if (offset > start)
    throw damaged(name, `its directory would begin at byte ${offset}, behind byte ${start}`, record);
  return { start, size: bytes, count, base: start - offset };
}

/** The signature alone may be part of a comment: the record also ends where the file does. */
function endsHere(tail: DataView, at: number): boolean {
  return (
    tail.getUint32(at, true) === END && at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength
  );
}

interface End64 {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  /** Where the record itself lies. */
  readonly at: number;
}

/** The record of a zip64, null where the archive has none. */
async function readEnd64(source: ByteSource, end: number, signal?: AbortSignal): Promise<End64 | null> {
  const { name } = source;
  const locatorAt = end - LOCATOR_BYTES;
  if (locatorAt < END64_BYTES) return null;
  const locator = viewOf(await source.read(locatorAt, LOCATOR_BYTES, signal));
  if (locator.getUint32(0, true) !== LOCATOR) return null;
  const stated = Number(locator.getBigUint64(8, true));
  // Where other data stands in front of the zip, the offset may not count it: then it lies right in front of the locator.
  for (const at of [stated, locatorAt - END64_BYTES]) {
    if (!Number.isSafeInteger(at) || at > locatorAt - END64_BYTES) continue;
    const record = viewOf(await source.read(at, END64_BYTES, signal));
    if (record.getUint32(0, true) !== END64) continue;
    const [count, size, offset] = [24, 40, 48].map((field) => Number(record.getBigUint64(field, true)));
    if (count === undefined || size === undefined || offset === undefined) break;
    if (![count, size, offset].every(Number.isSafeInteger)) break;
    return { count: Number(record.getBigUint64(32, true)), size, offset, at };
  }
  throw damaged(name, "its zip64 end record is not where its locator says", locatorAt);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
