import { fail } from "../base/errors/index.ts";

/** A number that a person gave. @throws MEASURE_OPTION where it is none, or out of bounds */
export function number(option: string, given: string, least: number, most: number): number {
  const value = given.trim() === "" ? Number.NaN : Number(given);
  if (value >= least && value <= most) return value;
  throw fail("MEASURE_OPTION", { option, given, expected: `a number from ${least} to ${most}` });
}

/** A whole number that a person gave. @throws MEASURE_OPTION */
export function count(option: string, given: string, least: number, most: number): number {
  const value = /^\s*\d+\s*$/.test(given) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw fail("MEASURE_OPTION", { option, given, expected: `a whole number from ${least} to ${most}` });
}

/** Whole numbers with commas between them. @throws MEASURE_OPTION */
export function counts(option: string, given: string | undefined, least: number, most: number): number[] {
  return (given?.split(",") ?? []).map((each) => count(option, each, least, most));
}
