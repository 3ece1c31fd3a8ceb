/** What a Python literal may be here. */
export type Literal = string | number | boolean | null | Literal[] | Map<Literal, Literal>;

const MAX_DEPTH = 32;

/**
 * Reads a Python literal as repr() writes it: strings, numbers, True, False, None, lists, tuples and dicts. Nothing is
 * evaluated. null for anything else.
 */
export function parseLiteral(text: string): { value: Literal } | null {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    return reader.atEnd() ? { value } : null;
  } catch (error) {
    if (error instanceof NotALiteral) return null;
    throw error;
  }
}

class NotALiteral extends Error {}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#space();
    return this.#at === this.#text.length;
  }

  value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw new NotALiteral();
    this.#space();
    const next = this.#text[this.#at];
    if (next === "'" || next === '"') return this.#string(next);
    if (next === "{") return this.#dict(depth);
    if (next === "[" || next === "(") return this.#list(next === "[" ? "]" : ")", depth);
    const word = this.#match(/[A-Za-z]+|[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)/y);
    if (word === "True" || word === "False") return word === "True";
    if (word === "None") return null;
    const number = Number(word || Number.NaN);
    if (!Number.isFinite(number)) throw new NotALiteral();
    return number;
  }

  #list(end: string, depth: number): Literal[] {
    this.#at++;
    const items: Literal[] = [];
    while (!this.#take(end)) {
      items.push(this.value(depth + 1));
      if (!this.#take(",")) {
        this.#expect(end);
        break;
      }
    }
    return items;
  }

  #dict(depth: number): Map<Literal, Literal> {
    this.#at++;
    const items = new Map<Literal, Literal>();
    while (!this.#take("}")) {
      const key = this.value(depth + 1);
      this.#expect(":");
      items.set(key, this.value(depth + 1));
      if (!this.#take(",")) {
        this.#expect("}");
        break;
      }
    }
    return items;
  }

  #string(quote: string): string {
    let text = "";
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const next = this.#text[this.#at] as string;
      if (next === quote) {
        this.#at++;
        return text;
      }
      if (next === "\\") {
        const sign = this.#text[++this.#at] ?? "";
        const hex = { x: 2, u: 4, U: 8 }[sign];
        if (hex !== undefined) {
          const digits = this.#text.slice(this.#at + 1, this.#at + 1 + hex);
          const point =
            /^[0-9a-fA-F]+$/.test(digits) && digits.length === hex ? Number.parseInt(digits, 16) : 0x110000;
          if (point > 0x10ffff) throw new NotALiteral();
          text += String.fromCodePoint(point);
          this.#at += hex;
        } else text += { n: "\n", t: "\t", r: "\r" }[sign] ?? sign;
      } else text += next;
    }
    throw new NotALiteral();
  }

  #space(): void {
    this.#match(/\s*/y);
  }

  #take(sign: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw new NotALiteral();
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}
