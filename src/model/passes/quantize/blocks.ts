/** How blocks of weights become whole numbers: each has a scale, and where it is not symmetric a zero point. */
export interface BlockScheme {
  readonly bits: 4 | 8;
  /** Elements that share a scale: a multiple of 8. */
  readonly size: number;
  /** Whether the zero point is the middle, 2^(bits − 1), in every block. */
  readonly symmetric: boolean;
  /**
   * What decides scales and zero points: the range of a block, as ONNX Runtime's quantisers have it, or the error that they leave, which
   * takes ten times as long and more: by whole zero points, or by floats ("half-quadratic"). Of both zero points are never the middle
   * alone.
   * @default "range"
   */
  readonly fit?: "range" | "error" | "half-quadratic";
}

/** Blocks next to each other: their codes packed, the first element in the low bits, and for each block what they mean. */
export interface Blocks {
  /** 32-bit words of codes, `size · bits / 32` for each block. */
  readonly words: Uint32Array;
  readonly scales: Float32Array;
  readonly zeros: Float32Array;
  /** 1 / scale, by which elements are multiplied. */
  readonly inverses: Float32Array;
}

export function wordsOfBlock({ bits, size }: BlockScheme): number {
  return (bits * size) / 32;
}

/** Whether zero points are float32, and not as wide as codes. */
export function hasFloatZeros({ fit }: BlockScheme): boolean {
  return fit === "half-quadratic";
}

export function createBlocks(count: number, scheme: BlockScheme): Blocks {
  return {
    words: new Uint32Array(count * wordsOfBlock(scheme)),
    scales: new Float32Array(count),
    zeros: new Float32Array(count),
    inverses: new Float32Array(count),
  };
}

/** Largest finite float32. */
const MAX_FLOAT = 3.4028234663852886e38;

/**
 * Round to nearest, as ONNX Runtime's quantisers do it (onnxruntime/core/mlas/lib/q4_dq.cpp, range2scale and range2scalezp):
 * in symmetric blocks the element that is furthest from zero becomes the lowest code, in others the smallest and the
 * largest become the first and the last.
 * @param lows smallest element of each block; it becomes free for other use
 * @param highs largest
 */
export function setScales(
  blocks: Blocks,
  scheme: BlockScheme,
  lows: Float32Array,
  highs: Float32Array,
): void {
  const { scales, zeros, inverses } = blocks;
  const last = 2 ** scheme.bits - 1;
  const middle = 2 ** (scheme.bits - 1);
  for (let i = 0; i < scales.length; i++) {
    const low = lows[i] as number;
    const high = highs[i] as number;
    let scale: number;
    let zero = middle;
    if (scheme.symmetric) scale = Math.fround((Math.abs(high) > Math.abs(low) ? high : low) / -middle);
    else {
      const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
      const range = Math.fround(most - least);
      // The difference of two floats may be none; a fraction of it always is.
      scale = Math.fround(range > MAX_FLOAT ? most / last - least / last : range / last);
      const place = scale === 0 ? 0 : Math.fround(-least / scale);
      zero = place <= 0 ? 0 : place >= last ? last : Math.floor(place + 0.5);
    }
    scales[i] = scale;
    zeros[i] = zero;
    inverses[i] = scale === 0 ? 0 : Math.fround(1 / scale);
  }
}
