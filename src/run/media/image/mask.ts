import { loadSharp } from "./decode.ts";
import type { Region } from "./picture.ts";
import type { PictureSize } from "./size.ts";

/** One value of 0 to 255 for each pixel. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Most pixels of a mask, 16 million, as of a camera: more would take seconds for each class of the answer. Masks of larger
 * pictures are smaller than the picture, in its proportions.
 */
const MAX_PIXELS = 2 ** 24;

/**
 * A mask as a PNG of one grey channel, as large as the picture that was given.
 * @param placed where that picture lies in the plane; what was cut off belongs to nothing, margins are left out
 * @param edge makes every pixel from this value on white and the others black; left out, greys stay as they are
 */
export async function encodeMask(
  plane: Plane,
  placed: Region,
  source: PictureSize,
  edge?: number,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const { width, height, data } = plane;
  const size = sizeOf(source);
  const whole = placed.width === width && placed.height === height && placed.left === 0 && placed.top === 0;
  let image = sharp(data, { raw: { width, height, channels: 1 } });
  if (!whole) {
    const { bytes, region } = await cutOut(plane, placed);
    image = sharp(bytes, { raw: { width: region.width, height: region.height, channels: 1 } });
  }
  const scaled = image.resize({ ...size, fit: "fill", kernel: "linear" }).toColourspace("b-w");
  const final = edge === undefined ? scaled : scaled.threshold(edge);
  return final.png({ compressionLevel: 6 }).toBuffer();
}

function sizeOf({ width, height }: PictureSize): PictureSize {
  const shrink = Math.min(1, Math.sqrt(MAX_PIXELS / (width * height)));
  return {
    width: Math.max(1, Math.floor(width * shrink)),
    height: Math.max(1, Math.floor(height * shrink)),
  };
}

/** The part of a plane where the picture lies; zero where the picture was cut off. */
async function cutOut(plane: Plane, placed: Region): Promise<{ bytes: Uint8Array; region: PictureSize }> {
  const region = { width: Math.round(placed.width), height: Math.round(placed.height) };
  const bytes = new Uint8Array(region.width * region.height);
  for (let y = 0; y < region.height; y++) {
    const row = y + placed.top;
    if (row < 0 || row >= plane.height) continue;
    const from = Math.max(0, placed.left);
    const to = Math.min(plane.width, placed.left + region.width);
    if (to <= from) continue;
    const start = row * plane.width;
    bytes.set(plane.data.subarray(start + from, start + to), y * region.width + from - placed.left);
  }
  return { bytes, region };
}
