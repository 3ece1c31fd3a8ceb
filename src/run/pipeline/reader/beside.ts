import { type Stats, statSync } from "node:fs";
import { digestOf } from "../../../base/node/digest.ts";
import { type OpenSibling, openSibling } from "../../../base/node/file.ts";

/** What was seen of a name in a folder when a model was read. */
export interface Seen {
  readonly folder: string;
  readonly name: string;
  /** Bytes of the file; null: there was none. */
  readonly size: number | null;
  /** sha256 of the file; null where nobody read it, as weights that only the runtime reads. */
  readonly sha256: string | null;
}

/** A larger file would take longer to be held to its digest at each start than the model takes to be read. */
const MAX_READ_BYTES = 64 * 2 ** 20;
/** Times of files are as coarse as this on some file systems: what was changed later may be changed again unseen. */
const COARSE_MS = 2_000;

/** A file as it stood while the model was read. */
export class Standing {
  readonly #path: string;
  readonly #before: Stats | undefined;
  readonly #since = Date.now();

  constructor(path: string) {
    this.#path = path;
    this.#before = statSync(path, { throwIfNoEntry: false });
  }

  /** Whether there is something to read, which a pipe or a device may never give. */
  get isFile(): boolean {
    return this.#before?.isFile() === true;
  }

  /** Whether it is surely the same still, contents and all. */
  isSame(): boolean {
    const before = this.#before;
    const now = statSync(this.#path, { throwIfNoEntry: false });
    if (!before || !now || before.mtimeMs > this.#since - COARSE_MS) return false;
    return (["size", "mtimeMs", "ctimeMs", "ino"] as const).every((key) => before[key] === now[key]);
  }
}

/** Files beside a model that were asked for while it was read. */
export interface Watched {
  readonly open: OpenSibling;
  /** What was seen; null where it cannot be said, or holding it to its files would take too long. */
  seen(): Promise<Seen[] | null>;
}

/** Notes what is asked of the files beside a model. */
export function watchBeside(): Watched {
  const asked = new Map<
    string,
    { folder: string; name: string; size: number | null; isRead: boolean; at: Standing | null }
  >();
  let isCertain = true;
  const open: OpenSibling = async (folder, name, of) => {
    const key = `${folder}\n${name}`;
    let source: Awaited<ReturnType<OpenSibling>>;
    try {
      source = await openSibling(folder, name, of);
    } catch (error) {
      // What is refused is told each time.
      isCertain = false;
      throw error;
    }
    const known = asked.get(key);
    if (known && known.size !== (source?.size ?? null)) isCertain = false;
    const seen = known ?? {
      folder,
      name,
      size: source?.size ?? null,
      isRead: false,
      at: source && new Standing(source.name),
    };
    asked.set(key, seen);
    if (source === null) return null;
    const { readInto } = source;
    return {
      ...source,
      read(offset, length, signal) {
        seen.isRead = true;
        return source.read(offset, length, signal);
      },
      ...(readInto && {
        readInto(offset: number, bytes: Uint8Array, signal?: AbortSignal) {
          seen.isRead = true;
          return readInto(offset, bytes, signal);
        },
      }),
    };
  };
  const seen = async () => {
    const all: Seen[] = [];
    for (const { folder, name, size, isRead, at } of asked.values()) {
      if (isRead && (size ?? 0) > MAX_READ_BYTES) return null;
      const source = isRead ? await openSibling(folder, name) : null;
      const sha256 = source && (await digestOf(source.name));
      await source?.close();
      if (isRead && (sha256 === null || !at?.isSame())) return null;
      all.push({ folder, name, size, sha256 });
    }
    return isCertain ? all : null;
  };
  return { open, seen };
}

/** Whether all is there as it was seen. */
export async function isStillSo(seen: readonly Seen[]): Promise<boolean> {
  for (const { folder, name, size, sha256 } of seen) {
    const source = await openSibling(folder, name);
    await source?.close();
    if ((source?.size ?? null) !== size) return false;
    if (source && sha256 !== null && (await digestOf(source.name)) !== sha256) return false;
  }
  return true;
}
