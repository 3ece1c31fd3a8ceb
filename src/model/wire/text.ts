const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** Stands for the byte 0 among the lone surrogates; only bytes from 0x80 need one. */
const ESCAPE = 0xdc00;

/**
 * UTF-8 as text. Bytes that are none become lone surrogates, U+DC80 to U+DCFF (Python's surrogateescape, PEP 383): two names
 * that differ stay different, and encoding gives the same bytes again.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    return decodeDamaged(bytes);
  }
}

function decodeDamaged(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceAt(bytes, at);
    parts.push(
      length === 0
        ? String.fromCharCode(ESCAPE + (bytes[at] as number))
        : STRICT.decode(bytes.subarray(at, at + length)),
    );
    at += Math.max(1, length);
  }
  return parts.join("");
}

/** Bytes of the character at a position (Unicode, table 3-7); 0 where none begins. */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (first < 0xc2 || first > 0xf4 || second < low || second > high) return 0;
  for (let i = 2; i < length; i++) {
    const next = bytes[at + i] ?? 0;
    if (next < 0x80 || next > 0xbf) return 0;
  }
  return length;
}

/**
 * Text as UTF-8 at a position that has three bytes for each of its units.
 * @returns bytes written
 */
export function encodeText(text: string, bytes: Uint8Array, at: number): number {
  // Most names are ASCII, for which a loop is the quickest.
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 128) return encodeAny(text, bytes, at);
    bytes[at + i] = unit;
  }
  return text.length;
}

const ESCAPED = /([\udc80-\udcff]+)/u;

function encodeAny(text: string, bytes: Uint8Array, at: number): number {
  let end = at;
  // The pieces at odd places are what the brackets caught: bytes that were no UTF-8.
  for (const [i, piece] of text.split(ESCAPED).entries()) {
    if (i % 2 === 0) end += ENCODER.encodeInto(piece, bytes.subarray(end)).written;
    else for (let unit = 0; unit < piece.length; unit++) bytes[end++] = piece.charCodeAt(unit) - ESCAPE;
  }
  return end - at;
}
