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

export type Content = (reading: Reading) => AsyncIterable<Uint8Array>;

/** Content that lies in runs of a file. While one piece is used, the next is already being read. */
export function contentOf(source: ByteSource | (() => ByteSource), ranges: readonly Range[]): Content {
  return async function* ({ chunk, reuse, signal }) {
    const from = typeof source === "function" ? source() : source;
    const longest = ranges.reduce((most, { length }) => Math.max(most, length), 0);
    const read = reader(from, Math.min(chunk, longest), reuse && longest > SMALL, signal);
    let coming: Promise<Uint8Array> | null = null;
    for (const piece of cut(ranges, chunk)) {
      const next = read(piece);
      // Nobody waits for it yet; whoever does hears of a failure all the same.
      next.catch(() => {});
      if (coming) yield await coming;
      coming = next;
    }
    if (coming) yield await coming;
  };
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

const dense = () => null;

/**
 * A tensor whose bytes stay where they are until somebody reads them.
 * @param unpacker makes what turns the content into dense bytes, once for each reading; null from it: it is dense
 */
export function storedTensor(
  described: Described,
  content: Content,
  unpacker: () => Unpacker | null = dense,
): LazyTensor {
  const stream: LazyTensor["stream"] = async function* (chunk = STREAM_CHUNK, signal, reuse = false) {
    const unpack = unpacker();
    const piece = unpack ? Math.max(1, Math.floor(chunk / unpack.growth)) : chunk;
    // What is unpacked is made anew: the piece itself is done with by then.
    for await (const bytes of content({ chunk: piece, reuse: reuse || unpack !== null, signal })) {
      const unpacked = unpack ? unpack.push(bytes) : bytes;
      for (let at = 0; at < unpacked.byteLength; at += chunk) yield unpacked.subarray(at, at + chunk);
    }
    const last = unpack?.end();
    if (last && last.byteLength > 0) yield last;
  };
  return { ...described, stream, read: (signal) => readWhole(described, stream(undefined, signal, true)) };
}

async function readWhole(described: Described, pieces: AsyncIterable<Uint8Array>): Promise<Tensor> {
  const { name, byteLength, dtype, shape } = described;
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for await (const piece of pieces) {
    if (at + piece.byteLength <= byteLength) bytes.set(piece, at);
    at += piece.byteLength;
  }
  if (at !== byteLength)
    throw fail(
      "MODEL_TENSOR_SIZE",
      { what: `tensor ${name}`, bytes: at, expected: byteLength, shape: shape.join("×"), dtype },
      { where: placeOf(described) },
    );
  return { dtype, shape, data: new ARRAYS[dtype as Exclude<DType, "string">](bytes.buffer) };
}

/** Where a tensor lies, for messages. */
export function placeOf({ origin, name }: Described): string {
  return "file" in origin ? `${origin.file}, byte ${origin.offset}, tensor ${name}` : `tensor ${name}`;
}
