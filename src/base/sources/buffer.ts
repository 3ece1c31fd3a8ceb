import { fail } from "../errors/index.ts";
import type { ByteSource, ModelSource } from "./source.ts";

/** Bytes in memory as a source. The bytes are not copied: do not change them while the source is in use. */
export function bufferSource(bytes: Uint8Array, name = "buffer"): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    async read(offset, length) {
      checkRange(name, bytes.byteLength, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    async close() {},
  };
}

/** A model that lies in memory, with the files beside it, if any, by name. */
export function bufferModelSource(
  main: Uint8Array,
  options: { name?: string; siblings?: Readonly<Record<string, Uint8Array>> } = {},
): ModelSource {
  const siblings = options.siblings ?? {};
  return {
    main: bufferSource(main, options.name),
    async sibling(name) {
      checkSiblingName(name, options.name ?? "buffer");
      const bytes = Object.hasOwn(siblings, name) ? siblings[name] : undefined;
      return bytes ? bufferSource(bytes, name) : null;
    },
    async close() {},
  };
}

/** @throws FILE_TRUNCATED when a read would go past the end. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    offset < 0 ||
    length < 0 ||
    offset > size - length
  ) {
    throw fail("FILE_TRUNCATED", { name, offset, length, size }, { where: `${name}, byte ${offset}` });
  }
}

/**
 * A name of a file beside the model: relative, without `..`, in `/` or `\` notation.
 * @throws FILE_ESCAPES_FOLDER
 */
export function checkSiblingName(name: string, of: string): void {
  const parts = name.split(/[/\\]/);
  const absolute = /^([/\\]|[a-zA-Z]:)/.test(name);
  if (name === "" || absolute || parts.includes("..") || name.includes("\0")) {
    throw fail("FILE_ESCAPES_FOLDER", { name, of }, { where: of });
  }
}
