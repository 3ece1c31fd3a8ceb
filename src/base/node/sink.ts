import { randomBytes } from "node:crypto";
import { access, constants, type FileHandle, lstat, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fail } from "../errors/index.ts";
import type { ByteSink, ModelSink } from "../sinks/index.ts";
import { checkSiblingName } from "../sources/index.ts";

/** A model that is written to a disk. */
export interface StagedModelSink extends ModelSink {
  /** Where the main file lies until `commit`, with the files beside it: a runtime may open it there. */
  readonly staged: string;
}

/**
 * A model file, and files beside it, that appear under their names all at once. Until `commit` everything lies in a temporary
 * folder beside them; a file that was there before stays readable, also by whoever is just reading it.
 * @throws FILE_UNWRITABLE where there is a folder or a device under the name, or a file that this user may not write
 */
export async function openModelSink(path: string): Promise<StagedModelSink> {
  const folder = dirname(path);
  const name = basename(path);
  await checkPlace(path);
  const temporary = join(folder, `.modelyard-${randomBytes(9).toString("base64url")}.part`);
  const files: Staged[] = [];
  const create = async (of: string): Promise<ByteSink> => {
    const target = join(folder, of);
    if (of !== name) await checkPlace(target);
    const staged = await stage(target, temporary);
    files.push(staged);
    return staged.sink;
  };
  return {
    name,
    staged: join(temporary, name),
    main: () => create(name),
    async beside(other) {
      // One folder, one level: what is put in place together must be on one disk.
      checkSiblingName(other, name);
      if (basename(other) !== other || other === name)
        throw fail("FILE_ESCAPES_FOLDER", { name: other, of: name }, { where: path });
      return create(other);
    },
    async commit() {
      for (const each of files) await finish(each);
      await putInPlace(files, path, temporary);
      files.length = 0;
      await rm(temporary, { recursive: true, force: true });
    },
    async abort() {
      for (const { handle } of files.splice(0)) await handle.close().catch(() => {});
      await rm(temporary, { recursive: true, force: true });
    },
  };
}

/**
 * Writes one file, which appears whole or not at all.
 * @param pieces its bytes, one behind the other
 * @throws as openModelSink; FILE_DISK_FULL
 */
export async function writeWhole(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const sink = await openModelSink(path);
  try {
    const file = await sink.main();
    for await (const piece of pieces) await file.write(piece);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** A file on its way. */
interface Staged {
  readonly target: string;
  readonly temporary: string;
  readonly handle: FileHandle;
  readonly sink: ByteSink;
}

/** What is replaced must be a plain file that may be written: a rename would ask nobody. */
async function checkPlace(path: string): Promise<void> {
  try {
    // A link is replaced by the file, and what it leads to is left alone.
    const entry = await lstat(path).catch(absent);
    if (!entry) return;
    const info = entry.isSymbolicLink() ? await stat(path).catch(absent) : entry;
    if (info && !info.isFile())
      throw fail(
        "FILE_UNWRITABLE",
        { path, problem: "it is a folder or a device, not a file" },
        { where: path },
      );
    if (info) await access(path, constants.W_OK);
  } catch (cause) {
    throw writeError(path, 0, cause);
  }
}

function absent(cause: unknown): null {
  if (codeOf(cause) === "ENOENT") return null;
  throw cause;
}

async function stage(target: string, folder: string): Promise<Staged> {
  const temporary = join(folder, basename(target));
  let handle: FileHandle;
  try {
    // Without the folders above: a path that is mistyped makes none.
    await mkdir(folder).catch((cause: unknown) => {
      if (codeOf(cause) !== "EEXIST") throw cause;
    });
    handle = await open(temporary, "wx");
  } catch (cause) {
    throw writeError(target, 0, cause);
  }
  let position = 0;
  const sink: ByteSink = {
    name: target,
    get position() {
      return position;
    },
    async write(bytes) {
      try {
        for (let done = 0; done < bytes.byteLength; ) {
          const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done);
          done += bytesWritten;
          position += bytesWritten;
        }
      } catch (cause) {
        throw writeError(target, position, cause);
      }
    },
  };
  return { target, temporary, handle, sink };
}

/** Closing may be the moment at which a network disk or a quota says no. */
async function finish({ target, temporary, handle, sink }: Staged): Promise<void> {
  try {
    const before = await stat(target).catch(absent);
    if (before) {
      await handle.chmod(before.mode % 0o1000);
      // What is replaced is worth the wait: after a power failure there is the old file or the new one, never an empty one.
      await handle.datasync();
    }
    await handle.close();
  } catch (cause) {
    throw writeError(temporary, sink.position, cause);
  }
}

/**
 * Renames the files to their names. A main file and one beside it cannot change in one step, and a reader must never see an
 * old one with a new one: so where both are replaced, the old main file goes first and the new one comes last.
 */
async function putInPlace(files: readonly Staged[], main: string, spare: string): Promise<void> {
  const beside = files.filter(({ target }) => target !== main);
  const undo: (() => Promise<void>)[] = [];
  try {
    // Much may have happened since they were staged: what is not a file by now is not moved.
    for (const { target } of files) await checkPlace(target);
    for (const { target } of [...files.filter((each) => each.target === main), ...beside]) {
      if (beside.length === 0 || !(await lstat(target).catch(absent))) continue;
      // What is aside goes with the temporary folder.
      const aside = join(spare, `${randomBytes(9).toString("base64url")}.old`);
      await rename(target, aside);
      undo.unshift(() => rename(aside, target));
    }
    for (const { target, temporary } of [...beside, ...files.filter((each) => each.target === main)]) {
      await rename(temporary, target);
      undo.unshift(() => rename(target, temporary));
    }
  } catch (cause) {
    for (const step of undo) await step().catch(() => {});
    throw writeError(main, 0, cause);
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

/** The error for a path that could not be written. */
export function writeError(path: string, written: number, cause: unknown) {
  const code = codeOf(cause);
  if (code.startsWith("FILE_")) return cause;
  if (code === "ENOSPC" || code === "EDQUOT")
    return fail("FILE_DISK_FULL", { path, written }, { where: `${path}, byte ${written}`, cause });
  const problem = cause instanceof Error ? cause.message : String(cause);
  return fail("FILE_UNWRITABLE", { path, problem }, { where: path, cause });
}
