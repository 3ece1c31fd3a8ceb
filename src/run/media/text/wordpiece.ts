/** Longer words are unknown as a whole (tensorflow/text, WordpieceTokenizer; google-research/bert). */
const MAX_WORD = 100;

/** What BERT's own code drops: control and format characters that are no blanks, and what could not be decoded. */
const DROPPED = /(?![\t\n\r])[\p{Cc}\p{Cf}\ufffd]/gu;

/** Blanks end a word; punctuation and ideographs are words of their own (google-research/bert, BasicTokenizer). */
const SPLIT = /\s+|([!-/:-@[-`{-~]|\p{P}|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[\u{20000}-\u{2fa1f}])/gu;

/** Words as BERT cuts text into them. */
export function bertWords(text: string): string[] {
  return text
    .replace(DROPPED, "")
    .split(SPLIT)
    .filter((word) => word !== undefined && word !== "");
}

/**
 * A word as the longest pieces that the vocabulary has, from the left; those that do not begin it have ## in front. null where
 * no pieces make it.
 */
export function wordPieces(word: string, vocabulary: ReadonlyMap<string, number>): number[] | null {
  const letters = [...word];
  if (letters.length > MAX_WORD) return null;
  const pieces: number[] = [];
  for (let from = 0; from < letters.length; ) {
    let to = letters.length;
    let found: number | undefined;
    for (; to > from; to--) {
      const piece = letters.slice(from, to).join("");
      found = vocabulary.get(from === 0 ? piece : `##${piece}`);
      if (found !== undefined) break;
    }
    if (found === undefined) return null;
    pieces.push(found);
    from = to;
  }
  return pieces;
}
