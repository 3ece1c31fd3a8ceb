/** One thing in which two models differ. */
export interface Difference {
  /** The place, from the outside in: "graph main, node conv1 (Conv), attribute pads". */
  readonly where: string;
  /** What is different there: "[0, 0, 1, 1] became [1, 1, 1, 1]". */
  readonly what: string;
}

/** Texts of a file may be of any length. */
const LONGEST_TEXT = 200;

/** The differences found so far, a bounded number. */
export class Differences {
  readonly found: Difference[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether looking on would change nothing. */
  get isFull(): boolean {
    return this.found.length >= this.#limit;
  }

  add(where: string, what: string): void {
    if (!this.isFull) this.found.push({ where, what });
  }

  /** Two values of one thing, as text. */
  compare(where: string, what: string, a: unknown, b: unknown): void {
    if (Object.is(a, b) || sameItems(a, b)) return;
    const [before, after] = [textOf(a), textOf(b)];
    if (before !== after) this.add(where, `${what}: ${shorten(before)} became ${shorten(after)}`);
  }

  /** Two sets of things by their names: what only one has is named, and the others are looked at. */
  pair<T>(
    where: string,
    kind: string,
    a: ReadonlyMap<string, T>,
    b: ReadonlyMap<string, T>,
    look: (a: T, b: T, name: string) => void,
  ): void {
    for (const [name, one] of a) {
      if (this.isFull) return;
      const other = b.get(name);
      if (other === undefined) this.add(where, `${kind} ${shorten(name)} is gone`);
      else look(one, other, name);
    }
    for (const name of b.keys()) {
      if (this.isFull) return;
      if (!a.has(name)) this.add(where, `${kind} ${shorten(name)} is new`);
    }
  }
}

/** Most lists are equal, and of names: no text need be made of those. */
function sameItems(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((each, i) => Object.is(each, b[i]));
}

/** Plain data as text; bytes as hexadecimal digits. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value === "" ? "nothing" : value;
  if (value === undefined || value === null) return "nothing";
  return JSON.stringify(value, function (this: Record<string, unknown>, key, plain) {
    // A Buffer has become plain data by now.
    const inner = this[key] instanceof Uint8Array ? this[key] : plain;
    if (typeof inner === "bigint") return inner.toString();
    if (typeof inner === "number" && !Number.isFinite(inner)) return String(inner);
    if (Object.is(inner, -0)) return "-0";
    if (inner instanceof Uint8Array)
      return [...inner].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return inner instanceof Map ? [...inner].sort(([x], [y]) => (x < y ? -1 : 1)) : inner;
  });
}

export function shorten(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}
