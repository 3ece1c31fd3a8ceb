import { fail } from "../../../base/errors/index.ts";
import type { ByteSource } from "../../../base/sources/source.ts";

/** Files up to this size are read as a whole: one read is cheaper than many. */
const WHOLE_FILE = 1024 * 1024;
/** Tables stand close together, and weights between them take far more than this. */
const PAGE = 16 * 1024;
/** Structure (all but weights) of the largest models seen is about 10 MB; beyond this a file is hostile. */
const MAX_STRUCTURE = 1024 * 1024 * 1024;
/**
 * Tables and vectors may be shared, so that few bytes can stand for any number of rows. Real files share little: what is
 * handed out of a file may be so many times its size, and a little more for small ones.
 */
const MAX_SHARING = 8;
const FREE_SHARING = 1024 * 1024;

/** Thrown by reading what is not in memory yet; `FlatBytes.rows` and `FlatBytes.read` load it and read again. */
class Absent extends Error {
  readonly offset: number;
  readonly length: number;

  constructor(offset: number, length: number) {
    super(`bytes ${offset} to ${offset + length} are not loaded`);
    this.offset = offset;
    this.length = length;
  }
}

/**
 * The bytes of a flatbuffer, of which only the pages that somebody looked at are in memory. Reading is synchronous; what reads
 * runs inside `read` or `rows`, which fetch what is missing and run it again.
 */
export class FlatBytes {
  readonly file: string;
  readonly size: number;
  readonly #source: ByteSource | null;
  readonly #pages = new Map<number, DataView>();
  /** The run that was read last. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;
  #stop = 0;
  #loaded = 0;
  #handed = 0;

  private constructor(file: string, size: number, source: ByteSource | null, whole: Uint8Array | null) {
    this.file = file;
    this.size = size;
    this.#source = source;
    if (whole) {
      this.#view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
      this.#stop = size;
    }
  }

  static async open(source: ByteSource, signal?: AbortSignal): Promise<FlatBytes> {
    const { name, size } = source;
    if (size > WHOLE_FILE) return new FlatBytes(name, size, source, null);
    return new FlatBytes(name, size, null, await source.read(0, size, signal));
  }

  /** A flatbuffer that lies in memory. */
  static of(bytes: Uint8Array, file: string): FlatBytes {
    return new FlatBytes(file, bytes.byteLength, null, bytes);
  }

  /** Runs a synchronous reading, whatever of the file it needs. It may be run several times. */
  async read<T>(reading: () => T, signal?: AbortSignal): Promise<T> {
    const [row] = await this.rows(1, reading, signal);
    return row as T;
  }

  /** The same for many rows, each of which is read on its own. */
  async rows<T>(length: number, reading: (index: number) => T, signal?: AbortSignal): Promise<T[]> {
    const rows: T[] = [];
    for (;;) {
      let handed = this.#handed;
      try {
        while (rows.length < length) {
          handed = this.#handed;
          rows.push(reading(rows.length));
        }
        return rows;
      } catch (error) {
        if (!(error instanceof Absent)) throw error;
        this.#handed = handed;
        await this.#load(error.offset, error.length, signal);
      }
    }
  }

  uint8(at: number): number {
    const i = this.#locate(at, 1);
    return this.#view.getUint8(i);
  }

  int8(at: number): number {
    const i = this.#locate(at, 1);
    return this.#view.getInt8(i);
  }

  uint16(at: number): number {
    const i = this.#locate(at, 2);
    return this.#view.getUint16(i, true);
  }

  int32(at: number): number {
    const i = this.#locate(at, 4);
    return this.#view.getInt32(i, true);
  }

  uint32(at: number): number {
    const i = this.#locate(at, 4);
    return this.#view.getUint32(i, true);
  }

  float32(at: number): number {
    const i = this.#locate(at, 4);
    return this.#view.getFloat32(i, true);
  }

  int64(at: number): bigint {
    const i = this.#locate(at, 8);
    return this.#view.getBigInt64(i, true);
  }

  uint64(at: number): bigint {
    const i = this.#locate(at, 8);
    return this.#view.getBigUint64(i, true);
  }

  /** A copy of a run. */
  bytes(at: number, length: number): Uint8Array<ArrayBuffer> {
    this.hand(length);
    const i = this.#locate(at, length);
    const copy = new Uint8Array(length);
    copy.set(new Uint8Array(this.#view.buffer, this.#view.byteOffset + i, length));
    return copy;
  }

  /** Counts what is handed out. */
  hand(bytes: number): void {
    this.#handed += bytes;
    if (this.#handed > MAX_SHARING * this.size + FREE_SHARING)
      throw this.damaged(0, "its parts are shared so often that it stands for far more than it holds");
  }

  /** Holds a run to the file's end, without reading it. */
  check(at: number, length: number, what: string): void {
    if (at < 0 || at + length > this.size)
      throw this.damaged(at, `${what} of ${length} bytes goes past the end`);
  }

  damaged(at: number, problem: string) {
    const { file } = this;
    return fail("MODEL_FLATBUFFER_DAMAGED", { file, problem }, { where: `${file}, byte ${at}` });
  }

  /** Where a run lies in the current view. */
  #locate(at: number, length: number): number {
    if (at < this.#start || at + length > this.#stop) this.#find(at, length);
    return at - this.#start;
  }

  #find(at: number, length: number): void {
    this.check(at, length, "something");
    const first = Math.floor(at / PAGE);
    const last = Math.floor(Math.max(at, at + length - 1) / PAGE);
    for (let page = first; page <= last; page++) if (!this.#pages.has(page)) throw new Absent(at, length);
    if (first === last) {
      this.#view = this.#pages.get(first) as DataView;
      this.#start = first * PAGE;
      this.#stop = this.#start + this.#view.byteLength;
      return;
    }
    // A run over several pages, put together for this once.
    const run = new Uint8Array(length);
    for (let page = first; page <= last; page++) {
      const { buffer, byteOffset, byteLength } = this.#pages.get(page) as DataView;
      const from = Math.max(0, at - page * PAGE);
      const to = Math.min(byteLength, at + length - page * PAGE);
      run.set(new Uint8Array(buffer, byteOffset + from, to - from), page * PAGE + from - at);
    }
    this.#view = new DataView(run.buffer);
    this.#start = at;
    this.#stop = at + length;
  }

  async #load(at: number, length: number, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#source) throw this.damaged(at, "something goes past the end");
    const first = Math.floor(at / PAGE) * PAGE;
    const end = Math.min(this.size, Math.ceil((at + length) / PAGE) * PAGE);
    this.#loaded += end - first;
    if (this.#loaded > MAX_STRUCTURE)
      throw fail(
        "MODEL_STRUCTURE_TOO_LARGE",
        { file: this.file, limit: MAX_STRUCTURE },
        { where: this.file },
      );
    const bytes = await this.#source.read(first, end - first, signal);
    for (let from = first; from < end; from += PAGE) {
      const to = Math.min(PAGE, end - from);
      this.#pages.set(from / PAGE, new DataView(bytes.buffer, bytes.byteOffset + from - first, to));
    }
  }
}
