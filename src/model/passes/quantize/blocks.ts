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

/** How weights are held. */
export interface WeightScheme extends BlockScheme {
  /**
   * What the runtime's product may round activations to (MatMulNBits, accuracy_level): 0: nothing, 4: 8 bits in blocks.
   * Of 4 bits, 0 is as fast on CPU as anything; of 8 bits it writes the matrix out in float32 in every run, which takes 70
   * times as long (onnxruntime 1.30, 4096 × 4096).
   */
  readonly accuracy: 0 | 4;
}

/** What the codes of blocks mean. */
export interface Scales {
  readonly scales: Float32Array;
  readonly zeros: Float32Array;
  /** 1 / scale, by which elements are multiplied. */
  readonly inverses: Float32Array;
}

/** Blocks next to each other: their codes packed, the first element in the low bits, and for each block what they mean. */
export interface Blocks extends Scales {
  /** 32-bit words of codes, `size · bits / 32` for each block. */
  readonly words: Uint32Array;
}

/** What the codes of one block mean: an element is (code − zero) · scale. */
export interface BlockFit {
  scale: number;
  zero: number;
}

/** Rows of a matrix, one after the other, of which some columns are looked at. */
export interface Slab {
  readonly elements: Float32Array;
  readonly rows: number;
  /** Of the whole matrix. */
  readonly columns: number;
  /** The first column that is looked at; as many as there are blocks in a row of them. */
  readonly from: number;
}

/** Where the words of one block of each column go: those of the columns lie `stride` words apart, the first of them at `word`. */
export interface Place {
  readonly words: Uint32Array;
  readonly word: number;
  readonly stride: number;
}

export function wordsOfBlock({ bits, size }: BlockScheme): number {
  return (bits * size) / 32;
}

/** Whether zero points are float32, and not as wide as codes. */
export function hasFloatZeros({ fit }: BlockScheme): boolean {
  return fit === "half-quadratic";
}

export function createScales(count: number): Scales {
  return {
    scales: new Float32Array(count),
    zeros: new Float32Array(count),
    inverses: new Float32Array(count),
  };
}

export function createBlocks(count: number, scheme: BlockScheme): Blocks {
  return { words: new Uint32Array(count * wordsOfBlock(scheme)), ...createScales(count) };
}

/** Largest finite float32. */
const MAX_FLOAT = 3.4028234663852886e38;

/** Room for the smallest and the largest element of each column or block. */
export interface Ranges {
  readonly lows: Float32Array;
  readonly highs: Float32Array;
}

export function createRanges(count: number): Ranges {
  return { lows: new Float32Array(count), highs: new Float32Array(count) };
}

/**
 * Round to nearest, as ONNX Runtime's quantisers do it (onnxruntime/core/mlas/lib/q4_dq.cpp, range2scale and range2scalezp):
 * in symmetric blocks the element that is furthest from zero becomes the lowest code, in others the smallest and the
 * largest become the first and the last.
 */
export function setScales(blocks: Scales, scheme: BlockScheme, ranges: Ranges): void {
  if (scheme.symmetric) setSymmetric(blocks, scheme, ranges);
  else setAsymmetric(blocks, scheme, ranges);
}

function setSymmetric(
  { scales, zeros, inverses }: Scales,
  { bits }: BlockScheme,
  { lows, highs }: Ranges,
): void {
  const middle = 2 ** (bits - 1);
  const last = -1 / middle;
  for (let i = 0; i < scales.length; i++) {
    const low = lows[i] as number;
    const high = highs[i] as number;
    const scale = Math.fround((Math.abs(high) > Math.abs(low) ? high : low) * last);
    scales[i] = scale;
    zeros[i] = middle;
    inverses[i] = scale === 0 ? 0 : Math.fround(1 / scale);
  }
}

function setAsymmetric(
  { scales, zeros, inverses }: Scales,
  { bits }: BlockScheme,
  { lows, highs }: Ranges,
): void {
  const last = 2 ** bits - 1;
  for (let i = 0; i < scales.length; i++) {
    const least = Math.min(lows[i] as number, 0);
    const most = Math.max(highs[i] as number, 0);
    const range = Math.fround(most - least);
    // The difference of two floats may be none; a fraction of it always is.
    const scale = Math.fround(range > MAX_FLOAT ? most / last - least / last : range / last);
    const place = scale === 0 ? 0 : Math.fround(-least / scale);
    scales[i] = scale;
    zeros[i] = place <= 0 ? 0 : place >= last ? last : Math.floor(place + 0.5);
    inverses[i] = scale === 0 ? 0 : Math.fround(1 / scale);
  }
}
