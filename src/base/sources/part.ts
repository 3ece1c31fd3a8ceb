import { checkRange } from "./buffer.ts";
import type { ByteSource } from "./source.ts";

/**
 * A range of a source as a source of its own, such as a file that lies uncompressed in an archive. Nothing is read; closing
 * it closes nothing, since the whole is its owner's.
 * @param name for messages
 * @throws FILE_TRUNCATED where the source ends before the range does
 */
export function partSource(whole: ByteSource, offset: number, length: number, name: string): ByteSource {
  checkRange(name, whole.size, offset, length);
  const { readInto } = whole;
  return {
    name,
    size: length,
    async read(at, bytes, signal) {
      checkRange(name, length, at, bytes);
      return whole.read(offset + at, bytes, signal);
    },
    ...(readInto && {
      async readInto(at: number, bytes: Uint8Array, signal?: AbortSignal) {
        checkRange(name, length, at, bytes.byteLength);
        return readInto.call(whole, offset + at, bytes, signal);
      },
    }),
    async close() {},
  };
}
