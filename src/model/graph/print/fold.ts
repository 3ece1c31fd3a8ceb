/** Where a line may be folded: at a space, or where nothing stands. Texts have neither: what does not print is escaped. */
export const SPACE = "\u0001";
export const JOINT = "\u0002";
export const COMMA: string = `,${SPACE}`;

/** Columns that a folded line has at least for its text, however deep it stands. */
const LEAST = 24;

/**
 * A line as lines of at most so many columns, continued at a column of its own. What has no place to be folded at stays whole.
 */
export function* fold(line: string, width: number, hanging: number): Generator<string> {
  if (width === Number.POSITIVE_INFINITY) {
    yield unfolded(line);
    return;
  }
  const most = Math.max(width, hanging + LEAST);
  let current = "";
  // Each piece with the mark before it.
  for (const piece of line.split(BEFORE_MARKS)) {
    const text = unfolded(piece);
    if (current.length + text.length > most && current.trim() !== "") {
      yield current.trimEnd();
      current = `${" ".repeat(hanging)}${text.trimStart()}`;
    } else current += text;
  }
  yield current.trimEnd();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the marks are such, so that no text has them
const BEFORE_MARKS = /(?=[\u0001\u0002])/;

export function unfolded(text: string): string {
  return text.replaceAll(SPACE, " ").replaceAll(JOINT, "");
}
