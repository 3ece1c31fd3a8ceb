import { fail } from "../../base/errors/index.ts";
import type { ByteSource } from "../../base/sources/source.ts";
import type { DType } from "../tensor/dtype.ts";
import { ARRAYS } from "../tensor/elements.ts";
import type { LazyTensor, Tensor } from "../tensor/tensor.ts";

/** A run of bytes in a file. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/**
 * Pieces in which `stream` reads by default. A megabyte costs few calls; a whole one, from one boundary of a megabyte to the next,
 * costs Linux a search for a megabyte of memory in one piece when it is written, which takes three times as long.
 */
const STREAM_CHUNK = 15 * 64 * 1024;

/** What is shorter lies with its neighbours, and a source may have read them together. */
const SMALL = 64 * 1024;

export type Described = Omit<LazyTensor, "read" | "stream">;

/** How the content of a tensor is read: in pieces of at most so many bytes, which may be overwritten later or not. */
interface Reading {
  readonly chunk: number;
  readonly reuse: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A source, or what gives one where it is opened only after the tensor was described. */
export type Source = ByteSource | (() => ByteSource);

/** What a tensor is made of: one run of its source, several one after another, or what a function makes of it. */
export type Content =
  | Range
  | readonly Range[]
  | ((source: ByteSource, reading: Reading) => AsyncIterable<Uint8Array>);

/** Content that lies in runs of a file. While one piece is used, the next is already being read. */
async function* piecesOf(
  source: ByteSource,
  ranges: readonly Range[],
  { chunk, reuse, signal }: Reading,
): AsyncGenerator<Uint8Array> {
  const longest = ranges.reduce((most, { length }) => Math.max(most, length), 0);
  const read = reader(source, Math.min(chunk, longest), reuse && longest > SMALL, signal);
  let coming: Promise<Uint8Array> | null = null;
  for (const piece of cut(ranges, chunk)) {
    const next = read(piece);
    // Nobody waits for it yet; whoever does hears of a failure all the same.
    next.catch(() => {});
    if (coming) yield await coming;
    coming = next;
  }
  if (coming) yield await coming;
}

function* cut(ranges: readonly Range[], chunk: number): Generator<Range> {
  for (const { offset, length } of ranges)
    for (let at = 0; at < length; at += chunk)
      yield { offset: offset + at, length: Math.min(chunk, length - at) };
}

/** @param size bytes of the longest piece */
function reader(
  from: ByteSource,
  size: number,
  reuse: boolean,
  signal: AbortSignal | undefined,
): (piece: Range) => Promise<Uint8Array> {
  if (!reuse || !from.readInto) return ({ offset, length }) => from.read(offset, length, signal);
  // In turn: one is being used, one is being filled.
  const buffers: Uint8Array[] = [];
  let turn = 0;
  return async ({ offset, length }) => {
    turn = (turn + 1) % 2;
    buffers[turn] ??= new Uint8Array(size);
    const bytes = (buffers[turn] as Uint8Array).subarray(0, length);
    await from.readInto?.(offset, bytes, signal);
    return bytes;
  };
}

/** Turns content that is not dense, and comes in pieces, into dense bytes. */
export interface Unpacker {
  /** Bytes that come out for each that goes in, at most. */
  readonly growth: number;
  /** @throws MODEL_TENSOR_SIZE for a number that cannot be */
  push(piece: Uint8Array): Uint8Array;
  /** What is still to come at the end. @throws MODEL_TENSOR_SIZE for a number that is cut off */
  end(): Uint8Array;
}

/** What turns the content of a tensor into dense bytes, made anew for each reading; null where it is dense. */
export type UnpackerOf = (described: Described) => Unpacker | null;

/**
 * A tensor whose bytes stay where they are until somebody reads them.
 * @param unpacker absent where the content is dense
 */
export function storedTensor(
  described: Described,
  source: Source,
  content: Content,
  unpacker: UnpackerOf | null = null,
): LazyTensor {
  return new StoredTensor(described, source, content, unpacker);
}

/** A model has millions of them: all that each has of its own is data, and what reads it is shared. */
class StoredTensor implements LazyTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly byteLength: number;
  readonly origin: LazyTensor["origin"];
  declare readonly doc?: string;
  declare readonly metadata?: ReadonlyMap<string, string>;
  declare readonly unknown?: Uint8Array;
  readonly #source: Source;
  readonly #content: Content;
  readonly #unpacker: UnpackerOf | null;
  #kept: Promise<Tensor> | null = null;

  constructor(described: Described, source: Source, content: Content, unpacker: UnpackerOf | null) {
    const { name, dtype, shape, byteLength, origin, doc, metadata, unknown } = described;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.byteLength = byteLength;
    this.origin = origin;
    if (doc !== undefined) this.doc = doc;
    if (metadata !== undefined) this.metadata = metadata;
    if (unknown !== undefined) this.unknown = unknown;
    this.#source = source;
    this.#content = content;
    this.#unpacker = unpacker;
  }

  async read(signal?: AbortSignal): Promise<Tensor> {
    const content = this.#content;
    // One piece in most tensors of large graphs, for which a stream would cost more than it reads.
    if (!this.#unpacker && "offset" in content && content.length <= SMALL) {
      const bytes = await this.#open().read(content.offset, content.length, signal);
      const { buffer, byteOffset, byteLength } = bytes;
      return tensorOf(this, buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer, byteLength);
    }
    const bytes = new Uint8Array(this.byteLength);
    let at = 0;
    for await (const piece of this.stream(undefined, signal, true)) {
      if (at + piece.byteLength <= bytes.byteLength) bytes.set(piece, at);
      at += piece.byteLength;
    }
    return tensorOf(this, bytes.buffer, at);
  }

  keep(signal?: AbortSignal): Promise<Tensor> {
    this.#kept ??= this.#readOnce(signal);
    return this.#kept;
  }

  /** A read that failed or was aborted says nothing about the next one. */
  async #readOnce(signal: AbortSignal | undefined): Promise<Tensor> {
    try {
      return await this.read(signal);
    } catch (error) {
      this.#kept = null;
      throw error;
    }
  }

  async *stream(chunk = STREAM_CHUNK, signal?: AbortSignal, reuse = false): AsyncGenerator<Uint8Array> {
    const unpack = this.#unpacker?.(this) ?? null;
    // What is unpacked is made anew: the piece itself is done with by then.
    const reading = {
      chunk: unpack ? Math.max(1, Math.floor(chunk / unpack.growth)) : chunk,
      reuse: reuse || unpack !== null,
      signal,
    };
    for await (const bytes of this.#pieces(reading)) {
      const unpacked = unpack ? unpack.push(bytes) : bytes;
      for (let at = 0; at < unpacked.byteLength; at += chunk) yield unpacked.subarray(at, at + chunk);
    }
    const last = unpack?.end();
    if (last && last.byteLength > 0) yield last;
  }

  #pieces(reading: Reading): AsyncIterable<Uint8Array> {
    const content = this.#content;
    const source = this.#open();
    if (typeof content === "function") return content(source, reading);
    return piecesOf(source, "offset" in content ? [content] : content, reading);
  }

  #open(): ByteSource {
    return typeof this.#source === "function" ? this.#source() : this.#source;
  }
}

/** @param found bytes that the content turned out to have */
function tensorOf(described: Described, bytes: ArrayBuffer, found: number): Tensor {
  const { name, byteLength, dtype, shape } = described;
  if (found !== byteLength)
    throw fail(
      "MODEL_TENSOR_SIZE",
      { what: `tensor ${name}`, bytes: found, expected: byteLength, shape: shape.join("×"), dtype },
      { where: placeOf(described) },
    );
  return { dtype, shape, data: new ARRAYS[dtype as Exclude<DType, "string">](bytes) };
}

/** Where a tensor lies, for messages. */
export function placeOf({ origin, name }: Described): string {
  return "file" in origin ? `${origin.file}, byte ${origin.offset}, tensor ${name}` : `tensor ${name}`;
}
