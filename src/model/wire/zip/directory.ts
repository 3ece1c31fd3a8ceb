import { fail } from "../../../base/errors/index.ts";
import type { ByteSource } from "../../../base/sources/source.ts";
import { damaged, quoted } from "./damaged.ts";
import { ENTRY, ENTRY_BYTES, findZipEnd, viewOf, type ZipEnd } from "./end.ts";

/** A file in a zip, as the directory at the archive's end tells of it. */
export interface ZipEntry {
  /** As it is written there: may hold `..`, begin with `/`, be empty; a folder's ends with `/`. */
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes that it takes in the archive. */
  readonly packed: number;
  /** How it is compressed (4.4.5): 0 stored, 8 deflate. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  /** Where its local header begins, from the start of the source. */
  readonly offset: number;
  /** Where the next entry, or the directory, begins: its bytes end before. */
  readonly before: number;
}

/**
 * Largest directory that is read. Its bytes and entries are in memory at once; a checkpoint of 100,000 tensors with long
 * names takes a tenth of it.
 */
const MAX_DIRECTORY = 64 * 2 ** 20;

/** Bytes of a local header in front of its name. */
export const LOCAL_BYTES = 30;

/** Whether a file ends as a zip: it may be one, or carry one behind other data, as TensorFlow Lite models do. */
export async function hasZip(source: ByteSource, signal?: AbortSignal): Promise<boolean> {
  return (await findZipEnd(source, signal)) !== null;
}

/**
 * Lists the files of a zip, in the order of the directory, after APPNOTE.TXT 6.3.10, zip64 included. Only the directory is
 * read. The zip may stand behind other data; its offsets may count from the start of the file or of the zip.
 * @throws MODEL_ZIP_DAMAGED where there is no zip, entries overlap, or two have one name; MODEL_ZIP_TOO_LARGE
 */
export async function readZipDirectory(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<readonly ZipEntry[]> {
  const end = await findZipEnd(source, signal);
  if (!end) throw damaged(source.name, "it has no end record, so it is cut off or no zip", source.size);
  if (end.size > MAX_DIRECTORY) {
    const { name } = source;
    throw fail(
      "MODEL_ZIP_TOO_LARGE",
      { file: name, what: "directory", size: end.size, limit: MAX_DIRECTORY },
      { where: `${name}, byte ${end.start}` },
    );
  }
  const entries = parseEntries(await source.read(end.start, end.size, signal), end, source.name);
  return withNeighbours(entries, end, source.name);
}

type Listed = { -readonly [K in keyof ZipEntry]: ZipEntry[K] };

function parseEntries(bytes: Uint8Array, end: ZipEnd, file: string): Listed[] {
  const view = viewOf(bytes);
  const entries: Listed[] = [];
  let at = 0;
  for (let i = 0; i < end.count; i++) {
    const cut = () => damaged(file, `its directory ends in entry ${i}`, end.start + at);
    if (at + ENTRY_BYTES > bytes.length) throw cut();
    if (view.getUint32(at, true) !== ENTRY)
      throw damaged(file, `entry ${i} of its directory has no signature`, end.start + at);
    const flags = view.getUint16(at + 8, true);
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const extraAt = at + ENTRY_BYTES + nameBytes;
    const next = extraAt + extraBytes + view.getUint16(at + 32, true);
    if (next > bytes.length) throw cut();
    const name = decodeName(bytes.subarray(at + ENTRY_BYTES, extraAt));
    const large = readExtra64(view, extraAt, extraAt + extraBytes);
    // 4.5.3: the wide fields hold, in this order, only those whose narrow one is all ones.
    const wide = (field: number) => {
      const narrow = view.getUint32(at + field, true);
      if (narrow !== 0xffffffff) return narrow;
      const value = large.shift();
      return value === undefined ? narrow : Number(value);
    };
    const size = wide(24);
    const packed = wide(20);
    const offset = wide(42) + end.base;
    if (![size, packed, offset].every(Number.isSafeInteger))
      throw damaged(file, `the sizes of ${quoted(name)} cannot be`, end.start + at);
    entries.push({
      name,
      size,
      packed,
      method: view.getUint16(at + 10, true),
      encrypted: (flags & 0x41) !== 0,
      crc32: view.getUint32(at + 16, true),
      offset,
      before: 0,
    });
    at = next;
  }
  return entries;
}

/** The values of the zip64 extra field, as many as it has. */
function readExtra64(view: DataView, from: number, to: number): bigint[] {
  const values: bigint[] = [];
  for (let at = from; at + 4 <= to; ) {
    const next = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      for (let value = at + 4; value + 8 <= Math.min(next, to); value += 8)
        values.push(view.getBigUint64(value, true));
    }
    at = next;
  }
  return values;
}

/** Writers set the mark for UTF-8 (4.4.4, bit 11) carelessly: what can be read as UTF-8 is. */
function decodeName(bytes: Uint8Array): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    return LATIN1.decode(bytes);
  }
}

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LATIN1 = new TextDecoder("latin1");

/** Says of each entry where the next begins. An archive whose files share bytes unpacks into far more than it is. */
function withNeighbours(entries: Listed[], end: ZipEnd, file: string): ZipEntry[] {
  const names = new Set<string>();
  const inOrder = [...entries].sort((a, b) => a.offset - b.offset);
  for (const [i, entry] of inOrder.entries()) {
    const { name, offset, packed } = entry;
    if (names.has(name)) throw damaged(file, `two of its files are called ${quoted(name)}`, offset);
    names.add(name);
    const next = inOrder[i + 1];
    entry.before = next?.offset ?? end.start;
    if (offset + LOCAL_BYTES + packed <= entry.before) continue;
    const other = next ? quoted(next.name) : "the directory";
    throw damaged(file, `${quoted(name)} overlaps ${other}`, offset);
  }
  return entries;
}
