import {
  type BlockFit,
  type BlockScheme,
  type Blocks,
  type Place,
  type Scales,
  type Slab,
  wordsOfBlock,
} from "./blocks.ts";
import { halfQuadratic } from "./half-quadratic.ts";

/**
 * Parts of the range of a block that are tried as what its codes reach. With fewer, large elements are cut and the many small ones
 * come out finer; with more, zero lies better between codes.
 */
const SHARES = [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1, 1.05];

/** How often codes and scale are worked out in turn from each start: a third time changes the error by less than 1 in 1,000. */
const TURNS = 2;

/** Works out what codes are to mean. Of a block of zeros the scale is 0. */
type Solver = (block: Float64Array, bits: number, fit: BlockFit) => void;

const SOLVERS: Readonly<Record<Exclude<BlockScheme["fit"], "range" | undefined>, Solver>> = {
  error: leastSquares,
  "half-quadratic": halfQuadratic,
};

/** Whether something other than the range of a block decides. */
export function isFitted({ fit = "range" }: BlockScheme): boolean {
  return fit !== "range";
}

function solverOf({ fit }: BlockScheme): Solver {
  return SOLVERS[fit as keyof typeof SOLVERS];
}

/**
 * A scale and a whole zero point that keep the sum of squared errors small: in turn the codes that are nearest, and the scale that
 * fits them best (alternating least squares).
 * @param block the elements of one block, finite
 */
function leastSquares(block: Float64Array, bits: number, fit: BlockFit): void {
  const last = 2 ** bits - 1;
  let low = 0;
  let high = 0;
  for (let i = 0; i < block.length; i++) {
    const x = block[i] as number;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  fit.scale = 0;
  fit.zero = 0;
  if (low === high) return;
  let best = -1;
  for (let share = 0; share < SHARES.length; share++) {
    const start = ((high - low) * (SHARES[share] as number)) / last;
    const middle = Math.floor(last / 2 - (high + low) / 2 / start);
    for (let next = 0; next <= 1; next++) {
      // Of elements of one sign the range ends at 0, and so do the codes.
      const zero = Math.max(0, Math.min(last, middle + next));
      let scale = start;
      for (let turn = 0; turn < TURNS; turn++) {
        const inverse = 1 / scale;
        const half = zero + 0.5;
        let squares = 0;
        let products = 0;
        for (let i = 0; i < block.length; i++) {
          const x = block[i] as number;
          const place = x * inverse + half;
          const code = (place < 0 ? 0 : place > last ? last : place | 0) - zero;
          squares += code * code;
          products += code * x;
        }
        if (squares === 0) break;
        // With the scale that fits best, Σ code·x / Σ code², this much of Σ x² is not error.
        const gain = (products * products) / squares;
        scale = products / squares;
        if (gain <= best) continue;
        best = gain;
        fit.scale = scale;
        fit.zero = zero;
      }
    }
  }
  fit.scale = Math.fround(fit.scale);
  if (fit.scale === 0) fit.zero = 0;
}

/** The nearest codes, packed, the first in the low bits; those after the end are 0. */
function packBlock(
  block: Float64Array,
  count: number,
  bits: number,
  { scale, zero }: BlockFit,
  words: Uint32Array,
  first: number,
): void {
  const last = 2 ** bits - 1;
  const inverse = scale === 0 ? 0 : 1 / scale;
  for (let at = 0, word = first; at < block.length; word++) {
    let packed = 0;
    for (let shift = 0; shift < 32; shift += bits, at++) {
      if (at >= count) continue;
      const place = (block[at] as number) * inverse + zero + 0.5;
      packed |= (place < 0 ? 0 : place > last ? last : place | 0) << shift;
    }
    words[word] = packed;
  }
}

/** One block of each column. */
export function fitColumns(
  { elements, rows, columns, from }: Slab,
  scheme: BlockScheme,
  { scales, zeros }: Scales,
  { words, word, stride }: Place,
): void {
  const { bits, size } = scheme;
  const solve = solverOf(scheme);
  const block = new Float64Array(size);
  const held = block.subarray(0, rows);
  const fit: BlockFit = { scale: 0, zero: 0 };
  for (let i = 0; i < scales.length; i++) {
    for (let row = 0, at = from + i; row < rows; row++, at += columns) block[row] = elements[at] as number;
    solve(held, bits, fit);
    packBlock(block, rows, bits, fit, words, i * stride + word);
    scales[i] = fit.scale;
    zeros[i] = fit.zero;
  }
}

/** All blocks of whole rows, as `quantizeRows` does it. */
export function fitRows(
  elements: Float32Array,
  length: number,
  scheme: BlockScheme,
  { words, scales, zeros }: Blocks,
): void {
  const { bits, size } = scheme;
  const solve = solverOf(scheme);
  const block = new Float64Array(size);
  const fit: BlockFit = { scale: 0, zero: 0 };
  const each = Math.ceil(length / size);
  for (let i = 0; i < scales.length; i++) {
    const start = (i % each) * size;
    const from = Math.floor(i / each) * length + start;
    const count = Math.min(size, length - start);
    block.set(elements.subarray(from, from + count));
    solve(block.subarray(0, count), bits, fit);
    packBlock(block, count, bits, fit, words, i * wordsOfBlock(scheme));
    scales[i] = fit.scale;
    zeros[i] = fit.zero;
  }
}
