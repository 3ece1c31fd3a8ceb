import type { BlockFit } from "./blocks.ts";

/**
 * Half-quadratic quantisation (HQQ, H. Badri and A. Shaji, "Half-Quadratic Quantization of Large Machine Learning Models", 2023):
 * the zero point, a float, that brings Σ |w − (q − z) · s|ᵖ down for a scale that the range of the block gives. In turn the error
 * that outliers are forgiven, by generalised soft thresholding, and the zero point that fits what is left best. These are the paper's
 * numbers, and ONNX Runtime's.
 */
const NORM = 0.7;
const BETA = 10;
const KAPPA = 1.01;
const ITERATIONS = 20;

/**
 * How often codes, and the scale and zero point that fit them best, are worked out in turn in the end, which is least squares, and
 * takes 3 % off the error that the zero point alone leaves; a fourth and fifth time take 1 % more.
 */
const TURNS = 2;

/**
 * The scale and the zero point of one block, which may lie outside of the codes.
 * @param block its elements, finite; at least one
 */
export function halfQuadratic(block: Float64Array, bits: number, fit: BlockFit): void {
  const last = 2 ** bits - 1;
  let low = block[0] as number;
  let high = low;
  for (let i = 1; i < block.length; i++) {
    const x = block[i] as number;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  // Of equal elements one code says all: that in the middle.
  const scale = high > low ? (high - low) / last : Math.abs(high);
  if (scale === 0) {
    fit.scale = 0;
    fit.zero = 0;
    return;
  }
  const zero =
    high > low ? proximal(block, scale, Math.round(-low / scale), last) : 2 ** (bits - 1) - Math.sign(high);
  settle(block, scale, zero, low, last, fit);
}

/** The zero point with the least squared error of those that the solver comes by. */
function proximal(block: Float64Array, scale: number, start: number, last: number): number {
  const inverse = 1 / scale;
  let zero = start;
  let kept = start;
  let least = Infinity;
  let beta = BETA;
  for (let turn = 0; turn < ITERATIONS; turn++) {
    // |x| − |x|ᵖ⁻¹ / β is above 0 beyond here: errors as large as that have weights of a model that is far from 1 alone.
    const threshold = beta ** (-1 / (2 - NORM)) * inverse;
    let squares = 0;
    let sum = 0;
    for (let i = 0; i < block.length; i++) {
      const place = (block[i] as number) * inverse;
      const raised = place + zero + 0.5;
      const code = raised < 0 ? 0 : raised > last ? last : raised | 0;
      const off = place + zero - code;
      squares += off * off;
      sum += code - place;
      if (off > threshold || off < -threshold) {
        const size = Math.abs(off * scale);
        sum += Math.sign(off) * inverse * (size - size ** (NORM - 1) / beta);
      }
    }
    if (squares < least) {
      least = squares;
      kept = zero;
    }
    const next = sum / block.length;
    if (next === zero) break;
    zero = next;
    beta *= KAPPA;
  }
  return kept;
}

function settle(
  block: Float64Array,
  scale: number,
  zero: number,
  low: number,
  last: number,
  fit: BlockFit,
): void {
  const count = block.length;
  fit.scale = Math.fround(scale);
  fit.zero = Math.fround(zero);
  for (let turn = 0; turn < TURNS; turn++) {
    const inverse = 1 / scale;
    const half = zero + 0.5;
    let codes = 0;
    let squares = 0;
    let sum = 0;
    let products = 0;
    for (let i = 0; i < count; i++) {
      const x = block[i] as number;
      const raised = x * inverse + half;
      const code = raised < 0 ? 0 : raised > last ? last : raised | 0;
      // From the smallest on: of elements that lie close together far from 0, squares would leave nothing.
      const above = x - low;
      codes += code;
      squares += code * code;
      sum += above;
      products += code * above;
    }
    const spread = squares - (codes * codes) / count;
    const slope = (products - (codes * sum) / count) / spread;
    if (!(slope > 0)) return;
    scale = slope;
    // Scales below the normal numbers are coarse: the zero point is that of the one that will be written.
    fit.scale = Math.fround(scale);
    if (fit.scale === 0) {
      fit.zero = 0;
      return;
    }
    zero = codes / count - sum / count / fit.scale - low / fit.scale;
    fit.zero = Math.fround(zero);
  }
}
