// Progressive JPEGs of as many scans as is wanted (ITU-T T.81, G.1.1): each coefficient by itself, bit by bit.
import sharp from "sharp";

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
/** Bits of a coefficient that may be sent one after the other, and coefficients of a block besides the first. */
const BITS = 13;
const COEFFICIENTS = 63;

interface Segment {
  readonly marker: number;
  readonly bytes: Buffer;
}

/** Segments with what is coded behind them. */
function segmentsOf(jpeg: Buffer): Segment[] {
  const segments: Segment[] = [];
  for (let at = 2; jpeg[at + 1] !== END_OF_IMAGE; ) {
    const marker = jpeg[at + 1] as number;
    let end = at + 2 + jpeg.readUInt16BE(at + 2);
    // Behind a scan's head stands what is coded, in which 0xff is followed by 0 or a restart.
    const isCoded = () =>
      jpeg[end] !== 0xff || jpeg[end + 1] === 0 || ((jpeg[end + 1] as number) & 0xf8) === 0xd0;
    if (marker === START_OF_SCAN) while (isCoded()) end++;
    segments.push({ marker, bytes: jpeg.subarray(at, end) });
    at = end;
  }
  return segments;
}

/** A valid grey picture whose first scan is an encoder's, and the others say that there is nothing more to be said. */
export async function jpegOfScans(side: number, scans: number): Promise<Buffer> {
  const grey = { create: { width: side, height: side, channels: 3, background: "#888" } } as const;
  const jpeg = await sharp(grey).jpeg({ progressive: true, optimiseScans: true }).toBuffer();
  const segments = segmentsOf(jpeg);
  const first = segments.findIndex(({ marker }) => marker === START_OF_SCAN);
  // One component, and not its first coefficient.
  const empty = segments.findIndex(
    ({ marker, bytes }) => marker === START_OF_SCAN && bytes[4] === 1 && bytes[7] !== 0,
  );
  const bytesOf = (from: number, to: number) => segments.slice(from, to).map(({ bytes }) => bytes);
  const made: Buffer[] = [];
  for (let coefficient = 1; coefficient <= COEFFICIENTS; coefficient++) {
    for (let bit = BITS; bit >= 0 && made.length < scans - 1; bit--) {
      const scan = Buffer.from(segments[empty]?.bytes ?? []);
      scan[7] = coefficient;
      scan[8] = coefficient;
      scan[9] = (bit === BITS ? 0 : bit + 1) * 16 + bit;
      made.push(scan);
    }
  }
  const end = Buffer.from([0xff, END_OF_IMAGE]);
  return Buffer.concat([
    jpeg.subarray(0, 2),
    ...bytesOf(0, first + 1),
    ...bytesOf(first + 1, empty),
    ...made,
    end,
  ]);
}
