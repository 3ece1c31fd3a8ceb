import { type BlockScheme, type Blocks, type Ranges, setScales, wordsOfBlock } from "./blocks.ts";
import { fitRows, isFitted } from "./fit.ts";

/**
 * Quantises whole rows, each of so many blocks, the last one of which may be shorter: the codes that are left are 0.
 * @param elements rows of `length` elements, one after the other; as many as there are blocks for
 */
export function quantizeRows(
  elements: Float32Array,
  length: number,
  scheme: BlockScheme,
  blocks: Blocks,
  ranges: Ranges,
): void {
  if (isFitted(scheme)) {
    fitRows(elements, length, scheme, blocks);
    return;
  }
  const { bits, size } = scheme;
  const { words, zeros, inverses } = blocks;
  const { lows, highs } = ranges;
  const each = Math.ceil(length / size);
  const rows = zeros.length / each;
  for (let row = 0, block = 0; row < rows; row++) {
    for (let start = 0; start < length; start += size, block++) {
      const from = row * length + start;
      const end = row * length + Math.min(length, start + size);
      let low = elements[from] as number;
      let high = low;
      for (let i = from + 1; i < end; i++) {
        const x = elements[i] as number;
        if (x < low) low = x;
        if (x > high) high = x;
      }
      lows[block] = low;
      highs[block] = high;
    }
  }
  setScales(blocks, scheme, ranges);
  const last = 2 ** bits - 1;
  const perWord = 32 / bits;
  const perBlock = wordsOfBlock(scheme);
  words.fill(0);
  for (let row = 0, block = 0; row < rows; row++) {
    for (let start = 0; start < length; start += size, block++) {
      const inverse = inverses[block] as number;
      const zero = zeros[block] as number;
      const end = row * length + Math.min(length, start + size);
      let word = block * perBlock;
      for (let at = row * length + start; at < end; word++) {
        const stop = Math.min(end, at + perWord);
        let packed = 0;
        for (let shift = 0; at < stop; at++, shift += bits) {
          const place = Math.fround(Math.fround((elements[at] as number) * inverse) + zero);
          packed |= (place < 0 ? 0 : place > last ? last : (place + 0.5) | 0) << shift;
        }
        words[word] = packed;
      }
    }
  }
}
