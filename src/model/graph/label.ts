import type { Node } from "./graph.ts";

/** Names come from the file and may be of any length. */
const LONGEST = 120;

/**
 * A name as a sentence shows it: as it is where it is plain, quoted where it is empty or odd, cut where it is long.
 * Control characters, which could write anywhere on a terminal, and lone halves of characters are escaped.
 */
export function nameText(name: string, longest: number = LONGEST): string {
  if (PLAIN.test(name) && name.length <= longest) return name;
  const short = name.length > longest ? `${name.slice(0, longest)}…` : name;
  return PLAIN.test(name.slice(0, longest)) ? short : quoted(short);
}

const PLAIN = /^[\p{L}\p{N}_.:/$@+-]+$/u;

/** JSON's quotes, with everything escaped that does not print. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(UNPRINTED, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

const UNPRINTED = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** "Conv", "com.microsoft.FusedConv" */
export function operatorText({ domain, op }: Pick<Node, "domain" | "op">): string {
  return nameText(domain === "" ? op : `${domain}.${op}`);
}

/** A domain as people call it. */
export function domainText(domain: string): string {
  return domain === "" ? "ai.onnx" : nameText(domain);
}

/** Some of a list, and how many more there are. */
export function someOf(items: readonly string[], most = 5): string {
  const shown = items.slice(0, most).join(", ");
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}
