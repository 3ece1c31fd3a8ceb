import type { DType } from "./dtype.ts";
import { DTYPES } from "./dtype.ts";
import { ARRAYS, bytesOf, elementCount } from "./elements.ts";
import type { LazyTensor, Tensor } from "./tensor.ts";

/** Pieces in which what is made anew is handed out. */
const CHUNK = 960 * 1024;

/** A constant under another shape of as many elements. */
export function reshaped(content: LazyTensor, shape: readonly number[]): LazyTensor {
  if (shape.join() === content.shape.join()) return content;
  return {
    ...content,
    shape,
    read: async (signal) => ({ ...(await content.read(signal)), shape }),
    stream: (chunk, signal, reuse) => content.stream(chunk, signal, reuse),
  };
}

/** A constant under another name. */
export function renamed(content: LazyTensor, name: string): LazyTensor {
  return {
    ...content,
    name,
    read: (signal) => content.read(signal),
    stream: (chunk, signal, reuse) => content.stream(chunk, signal, reuse),
  };
}

/**
 * A constant with its axes in another order: `shape[i]` of the result is `shape[perm[i]]` of the source. It is worked out when it
 * is streamed, with no more than the source in memory.
 */
export function permuted(content: LazyTensor, perm: readonly number[]): LazyTensor {
  if (isUnmoved(content.shape, perm))
    return reshaped(
      content,
      perm.map((axis) => content.shape[axis] as number),
    );
  const { dtype } = content;
  const shape = perm.map((axis) => content.shape[axis] as number);
  const stream: LazyTensor["stream"] = async function* (chunk = CHUNK, signal) {
    const source = await content.read(signal);
    yield* pieces(source, perm, chunk);
  };
  return {
    ...content,
    shape,
    origin: { derived: `${content.name}, axes in the order ${perm.join()}` },
    stream,
    async read(signal): Promise<Tensor> {
      if (dtype === "string") return { dtype, shape, data: permuteStrings(await content.read(signal), perm) };
      const bytes = new Uint8Array(content.byteLength);
      let at = 0;
      for await (const piece of stream(CHUNK, signal)) {
        bytes.set(piece, at);
        at += piece.byteLength;
      }
      return { dtype, shape, data: new ARRAYS[dtype as Exclude<DType, "string">](bytes.buffer) };
    },
  };
}

/** Whether the elements stay in their order: only axes of length 1 move. */
function isUnmoved(shape: readonly number[], perm: readonly number[]): boolean {
  const long = perm.filter((axis) => shape[axis] !== 1);
  return long.every((axis, i) => i === 0 || axis > (long[i - 1] as number));
}

function* pieces(source: Tensor, perm: readonly number[], chunk: number): Generator<Uint8Array> {
  const { dtype, shape } = source;
  const { bits } = DTYPES[dtype];
  const from = bytesOf(source);
  const count = elementCount(shape, "constant");
  const order = elementOrder(shape, perm);
  if (bits < 8) {
    yield permuteSmall(from, bits, count, order);
    return;
  }
  const width = bits / 8;
  const most = Math.max(1, Math.floor(chunk / width));
  const words = WORDS[width];
  const input =
    words && from.byteOffset % width === 0
      ? new words(from.buffer as ArrayBuffer, from.byteOffset, count)
      : null;
  for (let start = 0; start < count; start += most) {
    const length = Math.min(most, count - start);
    const piece = new Uint8Array(length * width);
    if (input && words) {
      const output = new words(piece.buffer);
      for (let i = 0; i < length; i++) output[i] = input[order()] as number;
    } else {
      for (let i = 0; i < length; i++) {
        const at = order() * width;
        piece.set(from.subarray(at, at + width), i * width);
      }
    }
    yield piece;
  }
}

/** Arrays by the bytes of an element; what they hold is only moved. */
const WORDS: Readonly<
  Record<number, typeof Uint8Array | typeof Uint16Array | typeof Uint32Array | undefined>
> = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array };

/** Which element of the source comes next, in the order of the result. */
function elementOrder(shape: readonly number[], perm: readonly number[]): () => number {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, dim) => product * dim, 1));
  const lengths = perm.map((axis) => shape[axis] as number);
  const steps = perm.map((axis) => strides[axis] as number);
  const index = new Array<number>(perm.length).fill(0);
  const last = perm.length - 1;
  let next = 0;
  return () => {
    const found = next;
    for (let axis = last; axis >= 0; axis--) {
      const i = (index[axis] as number) + 1;
      next += steps[axis] as number;
      if (i < (lengths[axis] as number)) {
        index[axis] = i;
        break;
      }
      next -= i * (steps[axis] as number);
      index[axis] = 0;
    }
    return found;
  };
}

/** Elements of 2 or 4 bits, the first in the low bits. */
function permuteSmall(from: Uint8Array, bits: number, count: number, order: () => number): Uint8Array {
  const each = 8 / bits;
  const mask = 2 ** bits - 1;
  const out = new Uint8Array(Math.ceil(count / each));
  for (let i = 0; i < count; i++) {
    const source = order();
    const value = ((from[Math.floor(source / each)] as number) >> ((source % each) * bits)) & mask;
    const at = Math.floor(i / each);
    out[at] = (out[at] as number) | (value << ((i % each) * bits));
  }
  return out;
}

function permuteStrings({ data, shape }: Tensor, perm: readonly number[]): string[] {
  const order = elementOrder(shape, perm);
  return Array.from(data as readonly string[], () => (data as readonly string[])[order()] as string);
}
