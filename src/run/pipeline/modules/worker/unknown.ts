/** What is more than types, and what Node does not know: named by what a compiler would write in its place. */
const UNKNOWN = [
  {
    helper: /^decorate/,
    sign: /@[\w$(]/,
    problem: "decorators are more than types, and Node does not run them: call the function instead",
  },
  {
    helper: /^using/,
    sign: /\busing\s+[\w$]/,
    problem: "`using` is not known to this version of Node, before 24: close it with try and finally",
  },
];

/** Texts and comments, in which signs mean nothing. */
const SILENT = /\/\*[\s\S]*?\*\/|\/\/.*|(["'`])(?:\\.|(?!\1)[^\\])*\1/g;

/**
 * Says what of a file cannot be run, and in which line; null where all can.
 * @param helpers that a compiler would have needed for it
 */
export function unknownSyntax(helpers: readonly string[], source: string): string | null {
  const [helper] = helpers;
  if (helper === undefined) return null;
  const row = UNKNOWN.find((each) => each.helper.test(helper));
  if (!row) return `Node does not run what is written as ${helper}`;
  const bare = source.replace(SILENT, (text) => text.replace(/[^\n]/g, " "));
  const before = bare.slice(0, Math.max(0, bare.search(row.sign)));
  return `line ${before.split("\n").length}: ${row.problem}`;
}
