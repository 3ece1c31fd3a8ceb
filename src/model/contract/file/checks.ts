import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node as YamlNode } from "yaml";
import { fail } from "../../../base/errors/index.ts";

/** Where a check stands: in which file, at which key. */
export interface Place {
  readonly file: string;
  readonly key: string;
  readonly lines: LineCounter;
}

/** Reads one node of a YAML document as one kind of value. @throws CONTRACT_YAML_KEY */
export type Check<T> = (node: YamlNode | null, place: Place) => T;

export function wrong(node: YamlNode | null, { file, key, lines }: Place, problem: string): Error {
  const at = lines.linePos(node?.range?.[0] ?? 0);
  const where = `${file}:${at.line}:${at.col}`;
  return fail("CONTRACT_YAML_KEY", { key: key || "the file", problem }, { where });
}

export const text: Check<string> = (node, place) => {
  if (isScalar(node) && typeof node.value === "string") return node.value;
  throw wrong(node, place, `${shown(node)} is no text`);
};

export const flag: Check<boolean> = (node, place) => {
  if (isScalar(node) && typeof node.value === "boolean") return node.value;
  throw wrong(node, place, `${shown(node)} is neither true nor false`);
};

export function matching(pattern: RegExp, what: string): Check<string> {
  return (node, place) => {
    // As it is written: sixty-four digits are a number to YAML, and would be rounded.
    const value = isScalar(node) ? (node.source ?? String(node.value)) : "";
    if (pattern.test(value)) return value;
    throw wrong(node, place, `${shown(node)} is not ${what}`);
  };
}

export function numberBetween(least: number, most: number, whole = false): Check<number> {
  return (node, place) => {
    const value = isScalar(node) ? node.value : null;
    const fits =
      typeof value === "number" && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (fits) return value;
    throw wrong(node, place, `${shown(node)} is no ${whole ? "whole " : ""}number from ${least} to ${most}`);
  };
}

export function oneOf<T extends string>(...words: readonly T[]): Check<T> {
  return (node, place) => {
    const value = isScalar(node) ? node.value : null;
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    throw wrong(node, place, `${shown(node)} is none of ${words.join(", ")}`);
  };
}

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (node, place) => (isScalar(node) && node.value === null ? null : check(node, place));
}

export function either<A, B>(
  isFirst: (node: YamlNode | null) => boolean,
  first: Check<A>,
  second: Check<B>,
): Check<A | B> {
  return (node, place) => (isFirst(node) ? first(node, place) : second(node, place));
}

export function listOf<T>(check: Check<T>, least: number, most: number): Check<T[]> {
  return (node, place) => {
    if (!isSeq(node)) throw wrong(node, place, `${shown(node)} is no list`);
    const { items } = node;
    if (items.length < least || items.length > most) {
      const count = least === most ? `${least}` : `${least} to ${most}`;
      throw wrong(node, place, `it has ${items.length} entries, where ${count} belong`);
    }
    return items.map((item, i) => check(item as YamlNode, { ...place, key: `${place.key}[${i}]` }));
  };
}

/** Any keys, each with the same kind of value. */
export function recordOf<T>(check: Check<T>): Check<Record<string, T>> {
  return (node, place) => {
    const record: Record<string, T> = Object.create(null);
    for (const { key, value } of pairs(node, place)) record[key] = check(value, inside(place, key));
    return { ...record };
  };
}

/** Known keys, all of which may be left out. An unknown key is an error that names the nearest known one. */
export function fields<T extends object>(checks: { [K in keyof T]-?: Check<T[K]> }): Check<Partial<T>> {
  const known = Object.keys(checks);
  return (node, place) => {
    const result: Partial<T> = {};
    for (const { key, value, at } of pairs(node, place)) {
      const check = Object.hasOwn(checks, key) ? checks[key as keyof T] : undefined;
      if (!check) {
        const near = nearest(key, known);
        const advice = near ? `did you mean ${near}?` : `the keys here are ${known.join(", ")}`;
        throw wrong(at, inside(place, key), `there is no such key: ${advice}`);
      }
      result[key as keyof T] = check(value, inside(place, key));
    }
    return result;
  };
}

interface Pair {
  readonly key: string;
  readonly value: YamlNode | null;
  readonly at: YamlNode | null;
}

function pairs(node: YamlNode | null, place: Place): Pair[] {
  if (!isMap(node)) throw wrong(node, place, `${shown(node)} is no mapping of keys to values`);
  return node.items.map(({ key, value }) => {
    if (!isScalar(key)) throw wrong(key as YamlNode, place, "a key must be a word");
    return { key: String(key.value), value: (value ?? null) as YamlNode | null, at: key };
  });
}

function inside(place: Place, key: string): Place {
  return { ...place, key: place.key === "" ? key : `${place.key}.${key}` };
}

export function shown(node: YamlNode | null): string {
  if (node === null) return "nothing";
  if (isAlias(node)) return "an alias (*)";
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  const value = isScalar(node) ? node.value : null;
  const word = typeof value === "string" ? JSON.stringify(value) : String(value);
  return word.length > 60 ? `${word.slice(0, 59)}…` : word;
}

/** The known key that a typing error away stands for this one. */
function nearest(key: string, known: readonly string[]): string | null {
  const ranked = known.map((each) => ({ each, far: distance(key.toLowerCase(), each.toLowerCase()) }));
  ranked.sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best && best.far <= Math.max(1, Math.floor(best.each.length / 3)) ? best.each : null;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= Math.min(a.length, 64); i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
