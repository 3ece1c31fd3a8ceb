/**
 * Where what follows the samples stops being a list of parts, each a tag of four printable characters, a length and so many
 * bytes (RIFF, Multimedia Programming Interface 1.0, chapter 2); null where it is one up to the end of the file. Fewer bytes
 * than a part's head, and zeros, are what a disk or a writer fills up with.
 * @param at the first byte after the samples
 */
export function endOfParts(view: DataView, at: number): number | null {
  let end = nextPart(view, at);
  while (end + HEAD <= view.byteLength && hasTag(view, end)) {
    const after = end + HEAD + view.getUint32(end + 4, true);
    if (after > view.byteLength) break;
    end = nextPart(view, after);
  }
  return view.byteLength - end < HEAD || isZero(view, end) ? null : end;
}

/** Bytes of a tag and a length. */
const HEAD = 8;

/** Parts begin at even bytes, which some writers do not know of. */
function nextPart(view: DataView, end: number): number {
  return end % 2 === 0 || (end + HEAD <= view.byteLength && hasTag(view, end)) ? end : end + 1;
}

function hasTag(view: DataView, at: number): boolean {
  for (let i = at; i < at + 4; i++) {
    const code = view.getUint8(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

function isZero(view: DataView, start: number): boolean {
  for (let at = start; at < view.byteLength; at++) if (view.getUint8(at) !== 0) return false;
  return true;
}
