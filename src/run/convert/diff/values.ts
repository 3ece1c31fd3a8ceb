import {
  ARRAYS,
  DTYPES,
  type DType,
  elementCount,
  fromBfloat16,
  fromHalf,
} from "../../../model/tensor/index.ts";
import type { LazyTensor } from "../../../model/tensor/tensor.ts";
import type { ValuesDiff } from "./report.ts";

/** Elements of both tensors that are held at once. */
const PIECE = 256 * 1024;

/**
 * How far two tensors of one shape are apart, read in pieces. Numbers of different types are compared as numbers; packed types
 * and the small floats by their bytes.
 * @returns null where they cannot be compared: other shapes, or text beside numbers
 */
export async function compareValues(
  a: LazyTensor,
  b: LazyTensor,
  signal?: AbortSignal,
): Promise<ValuesDiff | null> {
  if (a.shape.join() !== b.shape.join()) return null;
  const count = elementCount(a.shape, a.name);
  if (a.dtype === "string" || b.dtype === "string") {
    if (a.dtype !== b.dtype) return null;
    const [left, right] = [(await a.read(signal)).data, (await b.read(signal)).data];
    let differing = 0;
    for (let i = 0; i < count; i++) if (left[i] !== right[i]) differing++;
    return { count, differing, largest: 0, mean: 0, relative: null, cosine: null };
  }
  if (a.dtype !== b.dtype && !(isNumeric(a.dtype) && isNumeric(b.dtype))) return null;
  const numeric = isNumeric(a.dtype);
  const sums = new Sums();
  const pieces = [a, b].map((tensor) => new Pieces(tensor, numeric, signal)) as [Pieces, Pieces];
  try {
    const units = numeric ? count : a.byteLength;
    for (let done = 0; done < units; done += PIECE) {
      const length = Math.min(PIECE, units - done);
      const [left, right] = [await pieces[0].next(length), await pieces[1].next(length)];
      sums.add(left, right);
    }
  } finally {
    for (const each of pieces) await each.close();
  }
  return sums.result(count);
}

function isNumeric(dtype: DType): boolean {
  return /^(float(16|32|64)|bfloat16|u?int(8|16|32|64)|bool)$/.test(dtype);
}

/** A tensor's numbers in pieces of the lengths that are asked for, whatever pieces they come in. */
class Pieces {
  readonly #dtype: Exclude<DType, "string">;
  readonly #bytes: AsyncIterator<Uint8Array>;
  readonly #size: number;
  #rest: Uint8Array = new Uint8Array(0);

  /** @param numeric whether the elements are read as numbers, and not byte by byte */
  constructor(tensor: LazyTensor, numeric: boolean, signal?: AbortSignal) {
    this.#dtype = numeric ? (tensor.dtype as Exclude<DType, "string">) : "uint8";
    this.#size = numeric ? DTYPES[tensor.dtype].bits / 8 : 1;
    this.#bytes = tensor.stream(undefined, signal)[Symbol.asyncIterator]();
  }

  /** The numbers, and beside those of 64 bits the exact ones. */
  async next(length: number): Promise<Numbers> {
    const bytes = new Uint8Array(length * this.#size);
    for (let at = 0; at < bytes.byteLength; ) {
      if (this.#rest.byteLength === 0) {
        const { value, done } = await this.#bytes.next();
        // The reader holds a tensor to its size: only a broken one ends early.
        if (done) break;
        this.#rest = value;
      }
      const taken = this.#rest.subarray(0, bytes.byteLength - at);
      bytes.set(taken, at);
      at += taken.byteLength;
      this.#rest = this.#rest.subarray(taken.byteLength);
    }
    const data = new ARRAYS[this.#dtype](bytes.buffer);
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      return { numbers: Float64Array.from(data as BigInt64Array, Number), exact: data };
    }
    if (this.#dtype === "float16") return { numbers: Float64Array.from(data as Uint16Array, fromHalf) };
    if (this.#dtype === "bfloat16") return { numbers: Float64Array.from(data as Uint16Array, fromBfloat16) };
    return { numbers: data };
  }

  async close(): Promise<void> {
    await this.#bytes.return?.();
  }
}

interface Numbers {
  readonly numbers: ArrayLike<number>;
  readonly exact?: ArrayLike<bigint>;
}

/** What is summed up over the pairs of values. */
class Sums {
  #differing = 0;
  #largest = 0;
  #sum = 0;
  #finite = 0;
  #most = 0;
  #dot = 0;
  #squaresA = 0;
  #squaresB = 0;

  add({ numbers: a, exact: exactA }: Numbers, { numbers: b, exact: exactB }: Numbers): void {
    for (let i = 0; i < a.length; i++) {
      const x = a[i] as number;
      const y = b[i] as number;
      if (exactA && exactB ? exactA[i] !== exactB[i] : x !== y && !(Number.isNaN(x) && Number.isNaN(y))) {
        this.#differing++;
      }
      const apart = Math.abs(x - y);
      if (!Number.isFinite(apart)) continue;
      this.#finite++;
      this.#sum += apart;
      if (apart > this.#largest) this.#largest = apart;
      if (Math.abs(x) > this.#most) this.#most = Math.abs(x);
      this.#dot += x * y;
      this.#squaresA += x * x;
      this.#squaresB += y * y;
    }
  }

  result(count: number): ValuesDiff {
    const norm = Math.sqrt(this.#squaresA) * Math.sqrt(this.#squaresB);
    return {
      count,
      differing: this.#differing,
      largest: this.#largest,
      mean: this.#finite === 0 ? 0 : this.#sum / this.#finite,
      relative: this.#most === 0 ? null : this.#largest / this.#most,
      cosine: norm === 0 ? null : Math.min(1, this.#dot / norm),
    };
  }
}
