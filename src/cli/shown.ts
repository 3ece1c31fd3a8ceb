/**
 * Names, producers and texts of errors come from files and servers that nobody vouches for. What a terminal obeys in them (ECMA-48
 * control functions: titles, cursors, colours; bidirectional overrides, which show one text and mean another) is shown
 * escaped. It is done where text leaves the program and not where data enters a text, of which there are hundreds of places:
 * one of them would be forgotten.
 */
const OBEYED = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
/** The same, but what the program styles with: bold, dim and neither. From a file they are no more than that. */
const OBEYED_OR_STYLE = /\p{Cc}\[(?:1|2|22)m|[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
const STYLES: ReadonlySet<string> = new Set(["\u001b[1m", "\u001b[2m", "\u001b[22m"]);
/** What JSON.stringify leaves as it is of them. */
const LEFT_BY_JSON = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** How lines and tables are laid out; inside a name they are escaped by {@link oneLine}. */
const LAYOUT: ReadonlySet<string> = new Set(["\n", "\t"]);
const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/**
 * A text of lines as a terminal may have it.
 * @param styled whether the program's own styles stay
 */
export function shown(text: string, styled = false): string {
  return text.replace(styled ? OBEYED_OR_STYLE : OBEYED, (found) =>
    LAYOUT.has(found) || STYLES.has(found) ? found : escaped(found),
  );
}

/** A name, a cell or a paragraph: its line breaks and tabs are its own and would break what it stands in. Styles stay. */
export function oneLine(text: string): string {
  return text.replace(OBEYED_OR_STYLE, (found) => (STYLES.has(found) ? found : escaped(found)));
}

/** A value as JSON that a terminal shows as it is: the same value, since these characters stand in strings alone. */
export function jsonLine(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  return (JSON.stringify(value, replacer) ?? "null").replace(
    LEFT_BY_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** ESC → "\x1b", U+202E → "\u202e"; what follows the first character (of what only resembles a style) stays. */
function escaped(found: string): string {
  const code = found.charCodeAt(0);
  const hex = code.toString(16);
  const first = SHORT.get(found[0] ?? "") ?? (code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex}`);
  return first + found.slice(1);
}
