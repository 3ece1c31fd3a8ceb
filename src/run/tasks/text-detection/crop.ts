import { type Corners, cutOut, turned } from "../../media/image/index.ts";
import type { Pixels } from "../../media/image/picture.ts";
import type { TextPlace } from "./index.ts";

/** Pieces that are so much higher than wide hold text that runs upwards (PaddleOCR, get_rotate_crop_image). */
const TALL = 1.5;

/** Each piece of text as a picture of its own, upright: turned and, where the corners are no rectangle, straightened. */
export function cropRegions(picture: Pixels, regions: readonly Pick<TextPlace, "corners">[]): Pixels[] {
  return regions.map(({ corners }) => {
    const piece = cutOut(picture, corners as unknown as Corners);
    return piece.height >= TALL * piece.width ? turned(piece) : piece;
  });
}
