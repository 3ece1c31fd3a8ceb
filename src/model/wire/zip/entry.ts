import { fail } from "../../../base/errors/index.ts";
import { partSource } from "../../../base/sources/part.ts";
import type { ByteSource } from "../../../base/sources/source.ts";
import { crc32 } from "./crc32.ts";
import { damaged, quoted } from "./damaged.ts";
import { LOCAL_BYTES, type ZipEntry } from "./directory.ts";
import { viewOf } from "./end.ts";
import { inflate } from "./inflate.ts";

/** "PK\3\4", 4.3.7. */
const LOCAL = 0x04034b50;
const STORED = 0;
const DEFLATE = 8;

/** Names of the methods that occur (4.4.5), for messages. */
const METHODS: Readonly<Record<number, string>> = {
  9: "Deflate64",
  12: "bzip2",
  14: "LZMA",
  93: "Zstandard",
  95: "XZ",
  99: "AES encryption",
};

/**
 * Deflate gives at most 258 bytes for 2 bits, 1,032 times its input (RFC 1951; zlib's technical details): who states more
 * lies, and is told so before memory is taken.
 */
const MAX_RATIO = 1_032;

/**
 * The most bytes of a model that is unpacked through memory: a small file of zeros must not take more than 150 MB beside itself.
 * Archives of larger models hold them stored, since they are mapped from there.
 */
export const MOST_UNPACKED = 128 * 1024 * 1024;

/**
 * Where the bytes of an entry lie in the source, as they are in the archive: `length` is `entry.packed`.
 * @throws MODEL_ZIP_DAMAGED where the entry's own header contradicts the directory
 */
export async function zipEntryRange(
  source: ByteSource,
  entry: ZipEntry,
  signal?: AbortSignal,
): Promise<{ readonly offset: number; readonly length: number }> {
  const { name: file } = source;
  const lies = (problem: string) => damaged(file, `${quoted(entry.name)} ${problem}`, entry.offset);
  const head = viewOf(await source.read(entry.offset, LOCAL_BYTES, signal));
  if (head.getUint32(0, true) !== LOCAL) throw lies("is not where the directory says");
  const flags = head.getUint16(6, true);
  if (head.getUint16(8, true) !== entry.method)
    throw lies("is compressed in another way than the directory says");
  // With bit 3 (4.4.4) the sizes follow the data, and stand here as zeros.
  for (const [at, size] of [
    [18, entry.packed],
    [22, entry.size],
  ] as const) {
    const stated = head.getUint32(at, true);
    if ((flags & 8) === 0 && stated !== size && stated !== 0xffffffff)
      throw lies(`has ${stated} bytes by its own header and ${size} by the directory`);
  }
  const offset = entry.offset + LOCAL_BYTES + head.getUint16(26, true) + head.getUint16(28, true);
  if (offset + entry.packed > entry.before) throw lies("reaches into what follows it");
  return { offset, length: entry.packed };
}

/**
 * A stored entry as a source of ranges: what lies in it, such as the weights of a model, is read when it is needed. Its
 * checksum is not looked at, since that would read it whole. It closes with the archive.
 * @throws MODEL_ZIP_DAMAGED, MODEL_ZIP_ENCRYPTED, MODEL_ZIP_METHOD for one that is compressed
 */
export async function zipEntrySource(
  source: ByteSource,
  entry: ZipEntry,
  signal?: AbortSignal,
): Promise<ByteSource> {
  checkReadable(source.name, entry, [STORED]);
  const { offset, length } = await zipEntryRange(source, entry, signal);
  return partSource(source, offset, length, `${source.name}/${entry.name}`);
}

/**
 * Reads one file of a zip whole, stored or deflated, and checks its length and checksum.
 * @param options.limit the most bytes that it may have
 * @throws MODEL_ZIP_DAMAGED, MODEL_ZIP_ENCRYPTED, MODEL_ZIP_METHOD, MODEL_ZIP_TOO_LARGE
 */
export async function readZipEntry(
  source: ByteSource,
  entry: ZipEntry,
  options: { readonly limit: number; readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  const { limit, signal } = options;
  const { name: file } = source;
  checkReadable(file, entry, [STORED, DEFLATE]);
  if (entry.size > limit) {
    throw fail(
      "MODEL_ZIP_TOO_LARGE",
      { file, what: `file ${quoted(entry.name)}`, size: entry.size, limit },
      { where: `${file}, byte ${entry.offset}` },
    );
  }
  const range = await zipEntryRange(source, entry, signal);
  const bytes =
    entry.method === STORED
      ? await source.read(range.offset, range.length, signal)
      : await inflate(partSource(source, range.offset, range.length, file), entry.size, signal);
  if (!bytes || crc32(bytes) !== entry.crc32)
    throw damaged(file, `${quoted(entry.name)} does not fit its length or checksum`, range.offset);
  return bytes;
}

function checkReadable(file: string, entry: ZipEntry, methods: readonly number[]): void {
  const { name, method, encrypted, size, packed } = entry;
  const where = `${file}, byte ${entry.offset}`;
  if (encrypted) throw fail("MODEL_ZIP_ENCRYPTED", { file, entry: name }, { where });
  if (!methods.includes(method)) {
    const known = method === DEFLATE ? "deflate" : (METHODS[method] ?? `method ${method}`);
    throw fail("MODEL_ZIP_METHOD", { file, entry: name, method: known }, { where });
  }
  const fits = method === STORED ? size === packed : size <= packed * MAX_RATIO;
  if (!fits)
    throw damaged(file, `${quoted(name)} cannot have ${size} bytes when packed into ${packed}`, entry.offset);
}
