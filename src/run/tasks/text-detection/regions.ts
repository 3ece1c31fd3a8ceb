import type { TextMapOutput } from "../../../model/contract/vision.ts";
import { piecesOf } from "./pieces.ts";
import { cornersOf, grown, type Quad, rectangleAround } from "./rectangle.ts";

/** Most pieces of a map that are looked at, as PaddleOCR's max_candidates. */
const MAX_PIECES = 1_000;
/** Pixels of the map: thinner pieces are specks (min_size), and so are they when grown by less than two pixels. */
const MIN_SIDE = 3;
const MIN_GROWN_SIDE = 5;

/** Where text is, in pixels of the map. */
export interface TextRegion {
  readonly corners: Quad;
  /** Mean of the map inside, before it was grown. */
  readonly score: number;
}

/**
 * The pieces of text that a map shows: DBPostProcess of PaddleOCR (ppocr/postprocess/db_postprocess.py, boxes_from_bitmap with
 * score_mode "fast"), but that holes of a piece are no further candidates.
 * @param map row by row, 0 to 1
 */
export function regionsOf(
  map: ArrayLike<number>,
  width: number,
  height: number,
  { threshold, regionThreshold, unclip }: Omit<TextMapOutput, "kind" | "tensor">,
): TextRegion[] {
  const regions: TextRegion[] = [];
  for (const piece of piecesOf(map, width, height, threshold, MAX_PIECES)) {
    const rectangle = rectangleAround(piece);
    if (Math.min(...rectangle.sides) < MIN_SIDE) continue;
    const score = meanInside(map, width, height, cornersOf(rectangle));
    if (score < regionThreshold) continue;
    const larger = grown(rectangle, unclip);
    if (Math.min(...larger.sides) < MIN_GROWN_SIDE) continue;
    regions.push({ corners: cornersOf(larger), score });
  }
  return regions;
}

/** Mean over the pixels of a convex quad, its corners cut to whole pixels and its outline included, as OpenCV's fillPoly draws it. */
function meanInside(map: ArrayLike<number>, width: number, height: number, corners: Quad): number {
  const clampTo = (value: number, most: number) => Math.min(Math.max(Math.trunc(value), 0), most);
  const points = corners.map(([x, y]) => [clampTo(x, width - 1), clampTo(y, height - 1)] as const);
  const top = Math.min(...points.map(([, y]) => y));
  const bottom = Math.max(...points.map(([, y]) => y));
  let sum = 0;
  let count = 0;
  for (let y = top; y <= bottom; y++) {
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [i, [x0, y0]] of points.entries()) {
      const [x1, y1] = points[(i + 1) % 4] as readonly [number, number];
      if (y < Math.min(y0, y1) || y > Math.max(y0, y1)) continue;
      // A flat edge spans its row; of a steep one half a row above and below is drawn too.
      const ends = y0 === y1 ? [x0, x1] : spanOf(x0, y0, x1, y1, y);
      from = Math.min(from, ...ends);
      to = Math.max(to, ...ends);
    }
    for (let x = Math.round(from); x <= Math.round(to); x++) {
      sum += map[y * width + x] as number;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** Where an edge enters and leaves a row of pixels. */
function spanOf(x0: number, y0: number, x1: number, y1: number, y: number): number[] {
  const at = (row: number) => {
    const part = (Math.min(Math.max(row, Math.min(y0, y1)), Math.max(y0, y1)) - y0) / (y1 - y0);
    return x0 + part * (x1 - x0);
  };
  return Math.abs(x1 - x0) > Math.abs(y1 - y0) ? [at(y - 0.5), at(y + 0.5)] : [at(y)];
}
