import { constants, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fail } from "../errors/index.ts";
import { checkRange, checkSiblingName } from "../sources/buffer.ts";
import type { ByteSource, ModelSource } from "../sources/source.ts";
import { isOfFolder } from "./folder-of.ts";

/**
 * A file as a source of ranges; nothing is read until asked.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const { handle, info } = await openFile(path);
  const fill = async (offset: number, bytes: Uint8Array): Promise<void> => {
    const length = bytes.byteLength;
    for (let done = 0; done < length; ) {
      const wanted = Math.min(length - done, MAX_READ);
      const { bytesRead } = await handle.read(bytes, done, wanted, offset + done);
      if (bytesRead === 0)
        throw fail(
          "FILE_TRUNCATED",
          { name: path, offset: offset + done, length: length - done, size: info.size },
          { where: path },
        );
      done += bytesRead;
    }
  };
  const piece = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    await fill(offset, bytes);
    return bytes;
  };
  let block: (Place & { readonly bytes: Promise<Uint8Array> }) | null = null;
  return {
    name: path,
    size: info.size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      checkRange(path, info.size, offset, length);
      if (length > SMALL) return piece(offset, length);
      if (!block || offset < block.offset || offset + length > block.end) {
        const size = Math.max(length, blockAfter(block, offset));
        const end = Math.min(offset + size, info.size);
        const coming = piece(offset, end - offset);
        block = { offset, end, bytes: coming };
        // What failed is asked for again next time.
        coming.catch(() => {
          if (block?.bytes === coming) block = null;
        });
      }
      const from = offset - block.offset;
      return (await block.bytes).slice(from, from + length);
    },
    async readInto(offset, bytes, signal) {
      signal?.throwIfAborted();
      checkRange(path, info.size, offset, bytes.byteLength);
      await fill(offset, bytes);
    },
    close: () => handle.close(),
  };
}

/** Opening a pipe would else wait for somebody who writes into it. Windows knows no such flag, nor such pipes. */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

async function openFile(path: string): Promise<{ handle: FileHandle; info: Stats }> {
  // Looked at before it is opened, since opening alone makes some devices act; and after, since it may have changed.
  checkFile(
    path,
    await stat(path).catch((cause: unknown) => {
      throw fileError(path, cause);
    }),
  );
  const handle = await open(path, READ_AT_ONCE).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  try {
    const info = await handle.stat();
    checkFile(path, info);
    return { handle, info };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Only files have a size and can be read in any order, which a model needs; a pipe or a device may never end.
 * @throws FILE_UNREADABLE
 */
export function checkFile(path: string, info: Stats): void {
  if (info.isFile()) return;
  const kind = KINDS.find(([is]) => info[is]())?.[1] ?? "something else";
  throw fail("FILE_UNREADABLE", { path, problem: `it is ${kind}, not a file` }, { where: path });
}

const KINDS = [
  ["isDirectory", "a folder"],
  ["isFIFO", "a pipe"],
  ["isSocket", "a socket"],
  ["isCharacterDevice", "a device"],
  ["isBlockDevice", "a device"],
] as const satisfies [keyof Stats, string][];

/** Small tensors lie beside each other by the thousand: a system call for each would take most of the time. */
const SMALL = 4_096;
/** The least and the most that is read for a small read. */
const BLOCK = { least: 1_024, most: 65_536 } as const;

interface Place {
  readonly offset: number;
  readonly end: number;
}

/** Reads that go on where the last ones were are served by larger and larger blocks; one that is far from them by a small one. */
function blockAfter(last: Place | null, offset: number): number {
  const goesOn = last && offset >= last.offset && offset <= last.end + BLOCK.most;
  return goesOn ? Math.min((last.end - last.offset) * 4, BLOCK.most) : BLOCK.least;
}

/** One system call reads at most 2 GiB on Linux; a smaller piece keeps the thread pool responsive. */
const MAX_READ = 2 ** 28;

/** The error for a path that could not be opened. */
export function fileError(path: string, cause: unknown) {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR") return fail("FILE_NOT_FOUND", { path }, { cause });
  const problem = cause instanceof Error ? cause.message : String(cause);
  return fail("FILE_UNREADABLE", { path, problem }, { cause, where: path });
}

/** Opens a file of a folder by name, as `openSibling` does. */
export type OpenSibling = typeof openSibling;

/** A model file with access to the files beside it. @throws FILE_NOT_FOUND, FILE_UNREADABLE */
export async function openModelSource(path: string, open: OpenSibling = openSibling): Promise<ModelSource> {
  const main = await fileSource(path);
  const opened: ByteSource[] = [main];
  return {
    main,
    async sibling(name) {
      const source = await open(dirname(path), name, basename(path));
      if (source) opened.push(source);
      return source;
    },
    async close() {
      await Promise.all(opened.splice(0).map((source) => source.close()));
    },
  };
}

/**
 * Opens a file of a folder by a relative name; null where there is none.
 * @param of whose sibling it is, for messages
 * @throws FILE_ESCAPES_FOLDER for `..` and absolute paths, FILE_LINK_ESCAPES for links that lead out of the folder
 */
export async function openSibling(folder: string, name: string, of = folder): Promise<ByteSource | null> {
  checkSiblingName(name, of);
  const path = join(folder, ...name.split(/[/\\]/));
  const info = await stat(path).catch(() => null);
  if (!info) return null;
  // Links inside the folder are welcome; what counts is where they end.
  if (!(await isOfFolder(folder, path))) throw fail("FILE_LINK_ESCAPES", { name, of }, { where: path });
  return fileSource(path);
}
