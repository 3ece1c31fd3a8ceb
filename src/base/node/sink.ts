import { randomBytes } from "node:crypto";
import {
  access,
  constants,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readlink,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fail } from "../errors/index.ts";
import type { ByteSink, ModelSink } from "../sinks/index.ts";
import { checkSiblingName } from "../sources/index.ts";

/** A model that is written to a disk. */
export interface StagedModelSink extends ModelSink {
  /** Where the main file lies until `commit`, with the files beside it: a runtime may open it there. */
  readonly staged: string;
}

export interface SinkOptions {
  /** Bytes after which what was written is sent to the disk, while more is written. @default SEND_EVERY */
  readonly sendEvery?: number;
}

/**
 * Linux keeps what is written to itself, up to a tenth of the memory, and whoever then waits for the disk waits for all of it: a gigabyte
 * is read from one end of a disk that does nothing else, and then written to the other. Sent on its way in parts, it is on the disk soon
 * after it was read. Smaller files are not worth it.
 */
const SEND_EVERY = 128 * 2 ** 20;

/**
 * A model file, and files beside it, that appear under their names all at once. Until `commit` everything lies in a temporary
 * folder beside them; a file that was there before stays readable, also by whoever is just reading it.
 * @throws FILE_UNWRITABLE where there is a folder or a device under the name, or a file that this user may not write
 */
export async function openModelSink(
  path: string,
  { sendEvery = SEND_EVERY }: SinkOptions = {},
): Promise<StagedModelSink> {
  const folder = dirname(path);
  const name = basename(path);
  await checkPlace(path);
  const temporary = join(folder, `.modelyard-${randomBytes(9).toString("base64url")}.part`);
  const files: Staged[] = [];
  const create = async (of: string): Promise<ByteSink> => {
    const target = join(folder, of);
    if (of !== name) await checkPlace(target);
    const staged = await stage(target, temporary, sendEvery);
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
  readonly sent: Sending;
}

/** Where /dev/stdout and its like lead to. A system that has lost such a link is broken, whatever its output was redirected to. */
const STREAM = /^\/(?:proc\/(?:self|\d+)|dev)\/fd\//;

/** What is replaced must be a plain file that may be written: a rename would ask nobody. */
async function checkPlace(path: string): Promise<void> {
  try {
    // A link is replaced by the file, and what it leads to is left alone.
    const entry = await lstat(path).catch(absent);
    if (!entry) return;
    if (entry.isSymbolicLink() && STREAM.test(await readlink(path)))
      throw fail(
        "FILE_UNWRITABLE",
        { path, problem: "it stands for what this program prints to, which is no file of its own" },
        { where: path },
      );
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

async function stage(target: string, folder: string, sendEvery: number): Promise<Staged> {
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
  const sent = sending(target, handle, sendEvery);
  const sink: ByteSink = {
    name: target,
    get position() {
      return position;
    },
    async write(bytes) {
      sent.check();
      const start = position;
      const writing: Promise<void>[] = [];
      for (let at = 0; at < bytes.byteLength; at += PIECE)
        writing.push(writeAt(handle, bytes.subarray(at, at + PIECE), start + at));
      // The bytes are the caller's again when none of them is being written.
      for (const written of await Promise.allSettled(writing)) {
        if (written.status === "rejected") throw writeError(target, position, written.reason);
        position = Math.min(position + PIECE, start + bytes.byteLength);
      }
      sent.upTo(position);
    },
  };
  return { target, temporary, handle, sink, sent };
}

/**
 * What is longer is written in pieces side by side. A whole megabyte, from one boundary of a megabyte to the next, costs Linux a search for
 * a megabyte of memory in one piece, which takes three times as long as writing it.
 */
const PIECE = 15 * 64 * 1024;

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

interface Sending {
  /** Sends what was written, where it is enough and nothing is on its way. */
  upTo(position: number): void;
  /** @throws FILE_UNWRITABLE, FILE_DISK_FULL where the disk did not take what was sent before */
  check(): void;
  /** Waits for what is on its way. @throws as check */
  done(): Promise<void>;
}

/** What file systems say that cannot be told to hurry; what is wrong with the disk itself is told once, to whoever asks first. */
const CANNOT = new Set(["EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

function unlessUnable(cause: unknown): void {
  if (!CANNOT.has(codeOf(cause))) throw cause;
}

function sending(target: string, handle: FileHandle, every: number): Sending {
  let start = 0;
  let underWay: Promise<void> | null = null;
  let failure: unknown = null;
  const check = () => {
    if (failure !== null) throw writeError(target, start, failure);
  };
  return {
    check,
    upTo(position) {
      if (underWay || position - start < every) return;
      start = position;
      underWay = handle
        .datasync()
        .catch(unlessUnable)
        .catch((cause: unknown) => {
          failure = cause;
        })
        .finally(() => {
          underWay = null;
        });
    },
    async done() {
      await underWay;
      check();
    },
  };
}

/** Closing may be the moment at which a network disk or a quota says no. */
async function finish({ target, temporary, handle, sink, sent }: Staged): Promise<void> {
  try {
    await sent.done();
    const before = await stat(target).catch(absent);
    if (before) {
      await handle.chmod(before.mode % 0o1000);
      // What is replaced is worth the wait: after a power failure there is the old file or the new one, never an empty one.
      await handle.datasync().catch(unlessUnable);
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

/** No room: on the disk, in the user's quota, or below the limit of the size of files. */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** The error for a path that could not be written. */
export function writeError(path: string, written: number, cause: unknown) {
  const code = codeOf(cause);
  if (code.startsWith("FILE_")) return cause;
  if (FULL.has(code))
    return fail("FILE_DISK_FULL", { path, written }, { where: `${path}, byte ${written}`, cause });
  const problem = cause instanceof Error ? cause.message : String(cause);
  return fail("FILE_UNWRITABLE", { path, problem }, { where: path, cause });
}
