import { fail } from "../../../base/errors/index.ts";

/** One value of a protobuf text file, with the line it stands on. */
export type TextValue =
  | { readonly kind: "text" | "word"; readonly value: string; readonly line: number }
  | { readonly kind: "number"; readonly value: number; readonly line: number }
  | { readonly kind: "message"; readonly value: TextMessage; readonly line: number };

/** A message as its fields, in file order; a field may come several times. */
export type TextMessage = Map<string, TextValue[]>;

const MAX_CHARACTERS = 4 * 2 ** 20;
const MAX_DEPTH = 64;

/**
 * Reads the text format of protobuf (https://protobuf.dev/reference/protobuf/textformat-spec) without a schema.
 * @throws CONTRACT_TOO_LARGE, CONTRACT_PBTXT, naming the line
 */
export function parseConfigPbtxt(source: string, where: string): TextMessage {
  if (source.length > MAX_CHARACTERS) {
    throw fail("CONTRACT_TOO_LARGE", { size: source.length, limit: MAX_CHARACTERS }, { where });
  }
  const reader = new Reader(tokens(source, where), where);
  return reader.message("", 0);
}

interface Token {
  readonly kind: "text" | "word" | "number" | "sign" | "end";
  readonly value: string;
  readonly line: number;
}

const TOKEN =
  /(?<space>[ \t\r\n\v\f]+|#[^\n]*)|(?<text>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')|(?<number>-?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[fF]?(?![\w.]))|(?<word>-?[A-Za-z_][\w.]*)|(?<sign>[{}[\]<>:,;])/y;

function tokens(source: string, where: string): Token[] {
  const found: Token[] = [];
  let line = 1;
  TOKEN.lastIndex = 0;
  for (let at = 0; at < source.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(source)?.groups;
    if (!groups) {
      const problem = `${JSON.stringify(source.slice(at, at + 12))} is nothing that belongs there`;
      throw fail("CONTRACT_PBTXT", { problem }, { where: `${where}:${line}` });
    }
    for (const kind of ["text", "number", "word", "sign"] as const) {
      const value = groups[kind];
      if (value !== undefined) found.push({ kind, value, line });
    }
    line += groups.space?.split("\n").length ? groups.space.split("\n").length - 1 : 0;
  }
  found.push({ kind: "end", value: "the end of the file", line });
  return found;
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #where: string;
  #at = 0;

  constructor(all: readonly Token[], where: string) {
    this.#tokens = all;
    this.#where = where;
  }

  /** Fields up to the closing sign; "" is the end of the file. */
  message(end: string, depth: number): TextMessage {
    if (depth > MAX_DEPTH) throw this.#wrong(`messages are nested deeper than ${MAX_DEPTH}`);
    const fields: TextMessage = new Map();
    for (;;) {
      const name = this.#next();
      if (end === "" ? name.kind === "end" : name.value === end && name.kind === "sign") return fields;
      if (name.kind !== "word")
        throw this.#wrong(`${name.value} stands where the name of a field belongs`, name);
      const colon = this.#take(":");
      const values = fields.get(name.value) ?? [];
      fields.set(name.value, values);
      if (this.#take("[")) this.#list(values, depth);
      else values.push(this.#value(colon, depth));
      if (!this.#take(",")) this.#take(";");
    }
  }

  #list(values: TextValue[], depth: number): void {
    while (!this.#take("]")) {
      values.push(this.#value(true, depth));
      if (!this.#take(",")) {
        const close = this.#next();
        if (close.value !== "]") throw this.#wrong(`${close.value} stands where , or ] belongs`, close);
        return;
      }
    }
  }

  #value(mayBeScalar: boolean, depth: number): TextValue {
    const token = this.#next();
    const { kind, value, line } = token;
    if (kind === "sign" && (value === "{" || value === "<")) {
      return { kind: "message", value: this.message(value === "{" ? "}" : ">", depth + 1), line };
    }
    if (!mayBeScalar) throw this.#wrong(`${value} stands where : or { belongs`, token);
    if (kind === "number") return { kind, value: Number(value.replace(/(?<!^-?0[xX].*)[fF]$/, "")), line };
    if (kind === "word") return { kind, value, line };
    if (kind !== "text") throw this.#wrong(`${value} stands where a value belongs`, token);
    // Texts that follow each other are one.
    let text = unquote(value);
    for (let more = this.#peek(); more?.kind === "text"; more = this.#peek())
      text += unquote(this.#next().value);
    return { kind, value: text, line };
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #next(): Token {
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] as Token;
    this.#at++;
    return token;
  }

  #take(sign: string): boolean {
    const token = this.#peek();
    if (token?.kind !== "sign" || token.value !== sign) return false;
    this.#at++;
    return true;
  }

  #wrong(problem: string, token: Token | undefined = this.#peek()) {
    return fail("CONTRACT_PBTXT", { problem }, { where: `${this.#where}:${token?.line ?? 0}` });
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
};

function unquote(text: string): string {
  return text
    .slice(1, -1)
    .replace(
      /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(.))/g,
      (_, octal?: string, hex?: string, other?: string) => {
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
        if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
        return ESCAPES[other ?? ""] ?? other ?? "";
      },
    );
}
