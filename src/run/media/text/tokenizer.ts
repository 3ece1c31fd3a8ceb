import { fail } from "../../../base/errors/index.ts";
import type { Tokenizer } from "../../../model/contract/contract.ts";
import { delimiterOf, wordsBetween } from "./delimiter.ts";
import { bertWords, wordPieces } from "./wordpiece.ts";

/** The numbers of a text's tokens, what begins and ends it included, before it is filled up. */
export interface Tokens {
  readonly ids: readonly number[];
  /** What fills up a shorter text. */
  readonly pad: number;
  /** How many tokens the whole text would have. */
  readonly whole: number;
}

export type Tokenize = (text: string, maxLength: number | null) => Tokens;

/** Contracts' tokenizers are the same for every text. */
const cache = new WeakMap<Tokenizer, Tokenize>();

/**
 * Makes texts into token numbers, cut to a length.
 * @param lines of the vocabulary: a token, or a token and its number
 * @throws TASK_TOKENIZER for a pattern that is not taken, or a vocabulary without what the tokenizer needs
 */
export function tokenizerOf(tokenizer: Tokenizer, lines: readonly string[]): Tokenize {
  const known = cache.get(tokenizer);
  if (known) return known;
  const vocabulary = vocabularyOf(lines, tokenizer.kind !== "wordpiece");
  const make = tokenizer.kind === "wordpiece" ? wordPieceTokenizer : wordTokenizer;
  const tokenize = make(tokenizer, vocabulary);
  cache.set(tokenizer, tokenize);
  return tokenize;
}

/** Words by their numbers, as the Task Library's RegexPreprocessor has them: <START>, words, <PAD>. */
function wordTokenizer(tokenizer: Tokenizer, vocabulary: ReadonlyMap<string, number>): Tokenize {
  const { kind, delimiter = "", lowercase } = tokenizer;
  const between = kind === "whitespace" ? /\s+/g : delimiterOf(delimiter);
  const unknown = vocabulary.get("<UNKNOWN>");
  const start = vocabulary.get("<START>");
  const pad = vocabulary.get("<PAD>") ?? 0;
  return (text, maxLength) => {
    const words = wordsBetween(lowercase ? text.toLowerCase() : text, between);
    const ids = start === undefined ? [] : [start];
    for (const word of words) {
      const id = vocabulary.get(word) ?? unknown;
      // Without a number for it, a word that is not known is left out.
      if (id !== undefined) ids.push(id);
    }
    return { ids: ids.slice(0, maxLength ?? ids.length), pad, whole: ids.length };
  };
}

/** Pieces of words between [CLS] and [SEP], as BERT takes them. */
function wordPieceTokenizer({ lowercase }: Tokenizer, vocabulary: ReadonlyMap<string, number>): Tokenize {
  const need = (token: string) => {
    const id = vocabulary.get(token);
    if (id === undefined) throw fail("TASK_TOKENIZER", { problem: `the vocabulary has no ${token}` });
    return id;
  };
  const [first, last, unknown] = [need("[CLS]"), need("[SEP]"), need("[UNK]")];
  const pad = vocabulary.get("[PAD]") ?? 0;
  return (text, maxLength) => {
    const ids: number[] = [];
    for (const word of bertWords(lowercase ? text.toLowerCase() : text)) {
      ids.push(...(wordPieces(word, vocabulary) ?? [unknown]));
    }
    const room = maxLength === null ? ids.length : Math.max(0, maxLength - 2);
    return { ids: [first, ...ids.slice(0, room), last], pad, whole: ids.length + 2 };
  };
}

/** A token a line, whose number is the line's; or each with its own number behind a blank. The last of equal ones counts. */
function vocabularyOf(lines: readonly string[], mayBeNumbered: boolean): Map<string, number> {
  const numbered =
    mayBeNumbered && lines.length > 0 && lines.every((line) => line === "" || /\S\s+\d+$/.test(line));
  const vocabulary = new Map<string, number>();
  for (const [i, line] of lines.entries()) {
    const space = line.search(/\s+\d+$/);
    const [token, id] = numbered ? [line.slice(0, space), Number(line.slice(space))] : [line, i];
    if (token !== "") vocabulary.set(token, id);
  }
  return vocabulary;
}
