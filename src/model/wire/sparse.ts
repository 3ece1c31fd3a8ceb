import { fail } from "../../base/errors/index.ts";
import type { ByteSource } from "../../base/sources/source.ts";

/** Pieces of a file in memory, in order and apart; what lies between them was not read. */
export interface Sparse {
  readonly file: string;
  readonly size: number;
  readonly segments: readonly Segment[];
}

export interface Segment {
  /** Position of the first byte in the file. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

export function wholeBytes(bytes: Uint8Array, file: string): Sparse {
  return { file, size: bytes.byteLength, segments: [{ start: 0, bytes }] };
}

/**
 * Which embedded messages may hold payloads that are not worth reading. By message kind and field number: the kind of
 * the embedded message, or "bulk" for a payload that may be left out.
 */
export type SkimPlan = Readonly<Record<string, Readonly<Record<number, string>>>>;

/** Files up to this size are read as a whole: one read is cheaper than many. */
const WHOLE_FILE = 256 * 1024;
/** Embedded messages below this size are read without looking inside. */
const SMALL_MESSAGE = 2 * 1024;
/** Payloads below this size are read with what surrounds them. */
const SMALL_PAYLOAD = 1024;
/** After a gap, the header of the next tensor is near: a first read of 512 bytes holds it nearly always. */
const FIRST_READ = 512;
const LARGEST_READ = 1024 * 1024;
/** Structure (all but weights) of the largest models seen is about 100 MB; beyond this a file is hostile or not ONNX. */
const MAX_STRUCTURE = 1024 * 1024 * 1024;
/** Messages nest two deep for each subgraph; real models stay below 20 subgraphs. */
const MAX_DEPTH = 200;

/**
 * Reads a protobuf message from a source but leaves its bulk payloads where they are.
 * @throws MODEL_PROTOBUF_DAMAGED with the byte, MODEL_STRUCTURE_TOO_LARGE
 */
export async function skim(
  source: ByteSource,
  plan: SkimPlan,
  root: string,
  signal?: AbortSignal,
): Promise<Sparse> {
  if (source.size <= WHOLE_FILE) return wholeBytes(await source.read(0, source.size, signal), source.name);
  const reader = new ForwardReader(source, signal);
  await walk(reader, plan, root, 0, source.size, 0);
  return { file: source.name, size: source.size, segments: reader.segments() };
}

async function walk(
  reader: ForwardReader,
  plan: SkimPlan,
  kind: string,
  start: number,
  end: number,
  depth: number,
): Promise<void> {
  if (depth > MAX_DEPTH) throw damaged(reader, start, `messages nested deeper than ${MAX_DEPTH}`);
  const fields = plan[kind] ?? {};
  let at = start;
  while (at < end) {
    // A tag and a length have at most ten bytes each.
    if (!reader.has(at, Math.min(20, end - at))) await reader.load(at, Math.min(20, end - at));
    const tag = reader.varint(at, end);
    const wire = tag.value % 8;
    at = tag.next;
    if (wire === 0) at = reader.varint(at, end, false).next;
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = reader.varint(at, end);
      at = length.next;
      if (length.value > end - at)
        throw damaged(reader, at, `a length of ${length.value} bytes where ${end - at} are left`);
      const inner = fields[Math.floor(tag.value / 8)];
      if (inner === "bulk" && length.value >= SMALL_PAYLOAD) {
        // Left where it is.
      } else if (inner !== undefined && inner !== "bulk" && length.value > SMALL_MESSAGE) {
        await walk(reader, plan, inner, at, at + length.value, depth + 1);
      } else if (!reader.has(at, length.value)) {
        await reader.load(at, length.value);
      }
      at += length.value;
    } else throw damaged(reader, at, `wire type ${wire}, which begins no field`);
    if (at > end) throw damaged(reader, at, "a field that is cut off");
  }
}

/** Reads a source forwards in growing pieces, and keeps what was read. */
class ForwardReader {
  readonly source: ByteSource;
  readonly #signal: AbortSignal | undefined;
  readonly #pieces: { start: number; bytes: Uint8Array }[] = [];
  /** The current run of bytes, which may be longer than what is used of it. */
  #start = 0;
  #length = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #next = FIRST_READ;
  #total = 0;

  constructor(source: ByteSource, signal: AbortSignal | undefined) {
    this.source = source;
    this.#signal = signal;
  }

  has(at: number, length: number): boolean {
    return at >= this.#start && at + length <= this.#start + this.#length;
  }

  async load(at: number, length: number): Promise<void> {
    const runEnd = this.#start + this.#length;
    // A position within or just after the run continues it; one beyond begins another.
    const continues = this.#length > 0 && at >= this.#start && at <= runEnd;
    this.#next = continues ? Math.min(this.#next * 2, LARGEST_READ) : FIRST_READ;
    const from = continues ? runEnd : at;
    const wanted = Math.max(at + length - from, this.#next);
    const size = Math.min(wanted, this.source.size - from);
    this.#total += size;
    if (this.#total > MAX_STRUCTURE) {
      throw fail("MODEL_STRUCTURE_TOO_LARGE", { file: this.source.name, limit: MAX_STRUCTURE });
    }
    const bytes = await this.source.read(from, size, this.#signal);
    if (continues) this.#append(bytes);
    else {
      this.#finish();
      this.#start = at;
      this.#bytes = bytes;
      this.#length = bytes.byteLength;
    }
  }

  /** A varint at a position that `has`; as a number, exact below 2^53 when `exact`. */
  varint(at: number, end: number, exact = true): { value: number; next: number } {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++, at++) {
      if (at >= end) throw damaged(this, at, "a number that is cut off");
      const byte = this.#bytes[at - this.#start] as number;
      value += (byte % 128) * scale;
      scale *= 128;
      if (byte < 128) {
        if (exact && value > Number.MAX_SAFE_INTEGER) throw damaged(this, at, "a length over 2^53");
        return { value, next: at + 1 };
      }
    }
    throw damaged(this, at, "a number of more than ten bytes");
  }

  segments(): Segment[] {
    this.#finish();
    return this.#pieces;
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.byteLength;
    if (needed > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
  }

  #finish(): void {
    if (this.#length > 0)
      this.#pieces.push({ start: this.#start, bytes: this.#bytes.subarray(0, this.#length) });
    this.#length = 0;
  }
}

function damaged(reader: ForwardReader, at: number, problem: string) {
  const file = reader.source.name;
  return fail("MODEL_PROTOBUF_DAMAGED", { file, problem }, { where: `${file}, byte ${at}` });
}
