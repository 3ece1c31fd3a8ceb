import { fail } from "../base/errors/index.ts";

/** Decimal and binary units, in the words of IEC 80000-13; B alone is a byte. */
const UNITS: ReadonlyMap<string, number> = new Map(
  ["", "k", "m", "g", "t"].flatMap((letter, power) => [
    [`${letter}b`, 1000 ** power],
    [letter === "" ? "" : `${letter}ib`, 1024 ** power],
  ]),
);

/** Bytes of "2GiB", "1500 MB" or "1073741824". @throws SERVE_NOT_A_SIZE */
export function parseSize(text: string): number {
  const [, number, unit = ""] = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (UNITS.get(unit.toLowerCase()) ?? Number.NaN));
  if (!Number.isSafeInteger(bytes) || bytes <= 0) throw fail("SERVE_NOT_A_SIZE", { text });
  return bytes;
}
