import { bytesOf, elementCount, readSmall, tensorFromBytes } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";

/** One factor for each run of equal length; which of the factors, `indexOf` tells of the run's number. */
export interface RunFactors {
  /** Elements of a run. */
  readonly length: number;
  readonly factors: Float64Array;
  indexOf(run: number): number;
  /** Whether elements are divided by the factor: then they are rounded as a division rounds. */
  readonly divide?: boolean;
}

const STREAM_CHUNK = 4 * 1024 * 1024;

/**
 * A tensor of float32 or float64 whose elements are another one's times a factor. Nothing is read before somebody reads
 * it: a model's weights pass through in pieces. Products are rounded once.
 */
export function scaledTensor(source: LazyTensor, by: RunFactors, derived: string): LazyTensor {
  const { dtype, shape, byteLength } = source;
  const Elements = dtype === "float64" ? Float64Array : Float32Array;
  const size = Elements.BYTES_PER_ELEMENT;
  /** Scales elements in place; `at` is the position of the first one in the tensor. */
  const scale = (elements: Float32Array | Float64Array, at: number) => {
    const { length, factors, indexOf, divide } = by;
    for (let i = 0; i < elements.length; ) {
      const run = Math.floor((at + i) / length);
      const factor = factors[indexOf(run)] as number;
      const end = Math.min(elements.length, (run + 1) * length - at);
      if (divide) for (; i < end; i++) elements[i] = (elements[i] as number) / factor;
      else for (; i < end; i++) elements[i] = (elements[i] as number) * factor;
    }
  };
  return {
    name: "",
    dtype,
    shape,
    byteLength,
    origin: { derived },
    async read(signal) {
      const tensor = await source.read(signal);
      // The source's own array may be somebody else's too.
      const copy = tensorFromBytes(dtype as "float32", shape, bytesOf(tensor));
      scale(copy.data as Float32Array, 0);
      return copy;
    },
    async *stream(chunk = STREAM_CHUNK, signal) {
      // Pieces may end anywhere; what is left of an element waits for the rest of it.
      let rest = new Uint8Array(0);
      let at = 0;
      for await (const piece of source.stream(Math.max(chunk - size, size), signal)) {
        const whole = new Uint8Array(rest.byteLength + piece.byteLength);
        whole.set(rest);
        whole.set(piece, rest.byteLength);
        const count = Math.floor(whole.byteLength / size);
        scale(new Elements(whole.buffer, 0, count), at);
        at += count;
        rest = whole.slice(count * size);
        yield whole.subarray(0, count * size);
      }
    },
  };
}

/** Channels whose factors and biases are held in memory at once: 8 MB. */
const MAX_CHANNELS = 1_000_000;

/** The elements of a vector of floats, one a channel; null where it is no such vector. */
export async function channelsOf(tensor: LazyTensor, signal?: AbortSignal): Promise<Float64Array | null> {
  const { dtype, shape } = tensor;
  if (dtype !== "float32" && dtype !== "float64") return null;
  if (elementCount(shape, tensor.name) > MAX_CHANNELS) return null;
  return Float64Array.from((await (readSmall(tensor, signal) ?? tensor.read(signal))).data as Float32Array);
}
