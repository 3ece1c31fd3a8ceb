import { shortestFloat32 } from "../../../base/float32.ts";

/**
 * A float32 as the shortest decimal that reads back as the same.
 *
 * @param value a float32, finite or not
 */
export function writeFloat(value: number): string {
  return writeDouble(shortestFloat32(value));
}

/**
 * A double as the shortest decimal that reads back as the same. JSON has no NaN and no infinity: they are written as
 * the strings "NaN", "Infinity" and "-Infinity", as protobuf's JSON mapping does, and floating-point inputs take the
 * same three words.
 */
export function writeDouble(value: number): string {
  if (value - value !== 0) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : `${value}`;
}
