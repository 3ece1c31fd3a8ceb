import { decodeText } from "./text.ts";

/** A power of two. */
const SLOTS = 8_192;
/** Longer texts come once. */
const LONGEST = 128;

/** The texts that were read last, each at the place that its bytes give it: a megabyte at most. */
const recent: string[] = new Array(SLOTS).fill("");

/**
 * UTF-8 as text, as decodeText has it. A graph says each name twice and each operator a million times, mostly near to each
 * other: one that was read lately is neither decoded nor kept again, and a map that is asked for it knows its hash.
 */
export function readName(bytes: Uint8Array, start: number, length: number): string {
  if (length > LONGEST) return decodeText(bytes.subarray(start, start + length));
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  const known = recent[slot] as string;
  if (isAscii(known, bytes, start, length)) return known;
  const text = asciiText(bytes, start, length) ?? decodeText(bytes.subarray(start, start + length));
  recent[slot] = text;
  return text;
}

const units: number[] = [];

/** Most names are ASCII and short, for which a decoder takes several times as long; null for others. */
function asciiText(bytes: Uint8Array, start: number, length: number): string | null {
  units.length = length;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] as number;
    if (byte >= 128) return null;
    units[i] = byte;
  }
  return String.fromCharCode(...units);
}

/** Whether a text is that of these bytes, where they are ASCII: no other text has one unit for each byte, and the same. */
function isAscii(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] as number;
    if (byte >= 128 || text.charCodeAt(i) !== byte) return false;
  }
  return true;
}
