import type { LazyTensor } from "../tensor/tensor.ts";

/**
 * Whether two tensors hold the same: dense bytes are streamed, whatever pieces they come in, and strings are read.
 * @throws whatever reading throws
 */
export async function sameContent(a: LazyTensor, b: LazyTensor, signal?: AbortSignal): Promise<boolean> {
  if (a === b) return true;
  if (a.dtype !== b.dtype || a.byteLength !== b.byteLength || a.shape.join() !== b.shape.join()) return false;
  if (a.dtype === "string") {
    const [left, right] = await Promise.all([a.read(signal), b.read(signal)]);
    return left.data.length === right.data.length && left.data.every((each, i) => each === right.data[i]);
  }
  const others = b.stream(undefined, signal)[Symbol.asyncIterator]();
  let other: Uint8Array = new Uint8Array(0);
  try {
    for await (const piece of a.stream(undefined, signal)) {
      for (let at = 0; at < piece.byteLength; ) {
        if (other.byteLength === 0) {
          const next = await others.next();
          if (next.done) return false;
          other = next.value;
        }
        const length = Math.min(other.byteLength, piece.byteLength - at);
        if (!sameRun(piece, at, other, length)) return false;
        at += length;
        other = other.subarray(length);
      }
    }
    return other.byteLength === 0 && (await others.next()).done === true;
  } finally {
    await others.return?.();
  }
}

function sameRun(piece: Uint8Array, at: number, other: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (piece[at + i] !== other[i]) return false;
  return true;
}
