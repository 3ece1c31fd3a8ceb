import { fail } from "../../../base/errors/index.ts";
import type { ByteSource } from "../../../base/sources/index.ts";
import type { DType } from "../../tensor/dtype.ts";
import { ARRAYS } from "../../tensor/index.ts";
import type { LazyTensor, Tensor } from "../../tensor/tensor.ts";
import type { Unpacker } from "./typed.ts";

/** A run of bytes in a file. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** Pieces in which `stream` reads by default: large enough for the disk, small beside any model. */
const STREAM_CHUNK = 4 * 1024 * 1024;

export type Described = Omit<LazyTensor, "read" | "stream">;

/** A tensor whose content is read from somewhere, in pieces of at most so many bytes. */
type Content = (chunk: number, signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>;

/** Content that lies in runs of a file. */
export function contentOf(source: () => ByteSource, ranges: readonly Range[]): Content {
  return async function* (chunk, signal) {
    const from = source();
    for (const { offset, length } of ranges)
      for (let at = 0; at < length; at += chunk)
        yield await from.read(offset + at, Math.min(chunk, length - at), signal);
  };
}

/** A tensor whose bytes stay where they are until somebody reads them. */
export function storedTensor(
  described: Described,
  content: Content,
  unpacker: () => Unpacker | null,
  where: string,
): LazyTensor {
  const { byteLength, dtype, shape } = described;
  const stream: LazyTensor["stream"] = async function* (chunk = STREAM_CHUNK, signal) {
    const unpack = unpacker();
    const piece = unpack ? Math.max(1, Math.floor(chunk / unpack.growth)) : chunk;
    for await (const bytes of content(piece, signal)) {
      const dense = unpack ? unpack.push(bytes) : bytes;
      for (let at = 0; at < dense.byteLength; at += chunk) yield dense.subarray(at, at + chunk);
    }
    const last = unpack?.end();
    if (last && last.byteLength > 0) yield last;
  };
  return {
    ...described,
    stream,
    async read(signal): Promise<Tensor> {
      const bytes = new Uint8Array(byteLength);
      let at = 0;
      for await (const piece of stream(undefined, signal)) {
        if (at + piece.byteLength <= byteLength) bytes.set(piece, at);
        at += piece.byteLength;
      }
      if (at !== byteLength)
        throw fail(
          "MODEL_TENSOR_SIZE",
          {
            what: `tensor ${described.name}`,
            bytes: at,
            expected: byteLength,
            shape: shape.join("×"),
            dtype,
          },
          { where },
        );
      return { dtype, shape, data: new ARRAYS[dtype as Exclude<DType, "string">](bytes.buffer) };
    },
  };
}

/** Strings, which have no dense bytes. */
export function textTensor(
  described: Described,
  strings: (signal?: AbortSignal) => Promise<string[]>,
): LazyTensor {
  const { dtype, shape } = described;
  return {
    ...described,
    async read(signal) {
      return { dtype, shape, data: await strings(signal) };
    },
    // biome-ignore lint/correctness/useYield: there is nothing to hand out.
    async *stream() {
      throw fail("MODEL_TENSOR_IS_TEXT", { dtype });
    },
  };
}
