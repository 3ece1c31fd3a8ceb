import type { DType } from "../../tensor/dtype.ts";
import { fromBfloat16, fromHalf } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";

/** Runs of this many bytes or more are cheap to read. */
const RUN = 512 * 1024;

/** What is not float32 is made float32: of two elements that are one in float32 both were the same weight. */
const DECODERS: Readonly<Partial<Record<DType, { readonly bytes: number; readonly decode: Decode }>>> = {
  float32: { bytes: 4, decode: (piece, into, at) => into.set(words(Float32Array, piece), at) },
  float64: { bytes: 8, decode: (piece, into, at) => into.set(words(Float64Array, piece), at) },
  float16: { bytes: 2, decode: each(fromHalf) },
  bfloat16: { bytes: 2, decode: each(fromBfloat16) },
};

type Decode = (piece: Uint8Array, into: Float32Array, at: number) => void;

function each(decode: (word: number) => number): Decode {
  return (piece, into, at) => {
    const from = words(Uint16Array, piece);
    for (let i = 0; i < from.length; i++) into[at + i] = decode(from[i] as number);
  };
}

interface WordsOf<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
}

/** Bytes as words; only those that do not begin at a boundary are copied. */
function words<T>(Words: WordsOf<T>, piece: Uint8Array): T {
  const size = Words.BYTES_PER_ELEMENT;
  const aligned = piece.byteOffset % size === 0 ? piece : piece.slice();
  return new Words(aligned.buffer, aligned.byteOffset, Math.floor(piece.byteLength / size));
}

/** Whether `floatRuns` reads tensors of a type. */
export function isFloat(dtype: DType): boolean {
  return Object.hasOwn(DECODERS, dtype);
}

/**
 * The elements of a tensor of floats in their order, in runs of a multiple of `unit` elements; the last one may be shorter. A
 * run is good until the next one is asked for.
 * @param most elements of a run: a multiple of `unit`
 */
export async function* floatRuns(
  tensor: LazyTensor,
  unit: number,
  signal?: AbortSignal,
  most = unit * Math.max(1, Math.floor(RUN / 4 / unit)),
): AsyncGenerator<Float32Array> {
  const { bytes, decode } = DECODERS[tensor.dtype] as { bytes: number; decode: Decode };
  const size = most * bytes;
  let run: Float32Array | null = null;
  let held = 0;
  // Of what comes in other pieces than were asked for, what is left of an element waits for the rest of it.
  let rest = new Uint8Array(0);
  for await (const piece of tensor.stream(size, signal, true)) {
    const isWhole = held === 0 && rest.byteLength === 0 && piece.byteLength === size;
    if (isWhole && bytes === 4 && piece.byteOffset % 4 === 0) {
      yield words(Float32Array, piece);
      continue;
    }
    let left = piece;
    if (rest.byteLength > 0) {
      left = new Uint8Array(rest.byteLength + piece.byteLength);
      left.set(rest);
      left.set(piece, rest.byteLength);
    }
    while (left.byteLength >= bytes) {
      run ??= new Float32Array(most);
      const count = Math.min(most - held, Math.floor(left.byteLength / bytes));
      decode(left.subarray(0, count * bytes), run, held);
      held += count;
      left = left.subarray(count * bytes);
      if (held < most) continue;
      yield run;
      held = 0;
    }
    rest = left.slice();
  }
  if (run && held > 0) yield run.subarray(0, held);
}
