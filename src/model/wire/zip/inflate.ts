import type { ByteSource } from "../../../base/sources/source.ts";

/** Compressed bytes that are in memory at once. */
const PIECE = 64 * 1024;

/**
 * Inflates a source that holds deflate data (RFC 1951) of exactly `size` bytes; null where it holds more, less, or something
 * else. Never more memory than `size` and some pieces, whatever the data would unpack into.
 * @throws what reading the source throws
 */
export async function inflate(
  source: ByteSource,
  size: number,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  const { readable, writable } = new DecompressionStream("deflate-raw");
  const feeding: Feeding = { failed: null };
  void feed(source, writable.getWriter(), feeding, signal);
  const bytes = new Uint8Array(size);
  let filled = 0;
  const reader = readable.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (filled + next.value.byteLength > size) return null;
      bytes.set(next.value, filled);
      filled += next.value.byteLength;
    }
  } catch {
    // What is wrong with the data has no name of its own; what is wrong with the source has.
    if (feeding.failed) throw feeding.failed.error;
    return null;
  } finally {
    await reader.cancel().catch(() => {});
  }
  return filled === size ? bytes : null;
}

interface Feeding {
  /** Why the source could not be read. */
  failed: { readonly error: unknown } | null;
}

/** A piece is only read when the one before is used up: a pipe would read ahead, to the end. Never rejects. */
async function feed(
  source: ByteSource,
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
  feeding: Feeding,
  signal?: AbortSignal,
): Promise<void> {
  try {
    for (let at = 0; at < source.size; at += PIECE) {
      const piece = source.read(at, Math.min(PIECE, source.size - at), signal).catch((error: unknown) => {
        feeding.failed = { error };
        throw error;
      });
      await writer.write((await piece) as Uint8Array<ArrayBuffer>);
    }
    await writer.close();
  } catch (error) {
    // What is wrong with the data, or that nobody wants more of it, the reading side knows.
    await writer.abort(error).catch(() => {});
  }
}
