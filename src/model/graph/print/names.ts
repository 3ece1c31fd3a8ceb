/** Names come from the file: beyond this many characters a name is cut, and told from others by its length and a digest. */
const LONGEST_NAME = 200;

/** What may stand unquoted: no brackets, commas, quotes, equals signs, spaces or percent signs, which are the text's own. */
const PLAIN = /^[\p{L}\p{N}_.:/$@+-]+$/u;
const UNPRINTED = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A name, quoted where it could be taken for something else. No two names give the same text. */
export function nameOf(name: string): string {
  if (name.length > LONGEST_NAME)
    return `${quote(name.slice(0, LONGEST_NAME))}…${name.length}#${digest(name)}`;
  return PLAIN.test(name) ? name : quote(name);
}

/** "%conv1/Relu_output" */
export function valueName(name: string): string {
  return `%${nameOf(name)}`;
}

/** JSON's quotes, with everything escaped that does not print. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(UNPRINTED, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/** FNV-1a of 32 bits: enough to tell a few cut names apart. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
