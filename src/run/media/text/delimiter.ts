import { fail } from "../../../base/errors/index.ts";

/**
 * What may match between two words: characters, escapes and classes of them, each perhaps repeated, with `|` between. Such
 * patterns look at each character once; nested repetitions, which a model file could make take for ever, are not taken.
 */
const ATOM = /(?:\[\^?\]?(?:\\.|[^\]\\])+\]|\\[^\d]|[^\\()[\]{}|*+?.^$])[+*]?|\.[+*]?/y;

/**
 * A pattern of a model file, written for RE2, as an expression that finds delimiters.
 * @throws TASK_TOKENIZER where it is more than single characters
 */
export function delimiterOf(pattern: string): RegExp {
  const refuse = (why: string) =>
    fail("TASK_TOKENIZER", { problem: `the delimiter ${JSON.stringify(pattern.slice(0, 60))} ${why}` });
  const bare = pattern.replace(/^\((.*)\)$/s, "$1");
  let alternatives = 0;
  for (let at = 0; at < bare.length; alternatives++) {
    ATOM.lastIndex = at;
    const atom = ATOM.exec(bare)?.[0];
    if (!atom) throw refuse("is more than characters and classes of characters");
    at += atom.length;
    if (at < bare.length) {
      if (bare[at] !== "|")
        throw refuse("is a sequence, of which only one character with its repetition is taken");
      at++;
      if (at === bare.length) throw refuse("may be empty");
    }
  }
  if (alternatives === 0) throw refuse("is empty");
  try {
    return new RegExp(`(?:${bare})`, "g");
  } catch (cause) {
    throw fail(
      "TASK_TOKENIZER",
      { problem: `the delimiter ${JSON.stringify(pattern)} is no pattern` },
      { cause },
    );
  }
}

/** The words between delimiters; empty ones are none. */
export function wordsBetween(text: string, delimiter: RegExp): string[] {
  return text.split(delimiter).filter((word) => word !== "");
}
