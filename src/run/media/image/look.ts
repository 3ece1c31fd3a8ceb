import { lumaOf, type Picture } from "./picture.ts";

/** What a look at some of the pixels tells of a picture. Greys are 0 to 255, parts 0 to 1. */
export interface PictureLook {
  /** Lightest minus darkest grey. */
  readonly contrast: number;
  /** Mean grey of all. */
  readonly mean: number;
  /** How much a pixel has in common with the next one, 1 for all, 0 for nothing: the correlation of their greys. */
  readonly smoothness: number;
  /** The outermost pixels: their mean grey, the one in their middle, and the part that is like the one in the middle. */
  readonly border: { readonly mean: number; readonly median: number; readonly even: number };
  /** Part of all pixels that is like the middle grey of the border: the ground. */
  readonly ground: number;
  /** Part that is neither ground nor as different from it as strokes are. */
  readonly shades: number;
}

/** Pixels that are looked at, so that a picture of any size takes some hundredths of a millisecond. */
const SAMPLES = 1_024;
/** Of the largest distance from the ground: up to here a pixel is ground, from there on it is stroke. */
const LIKE_GROUND = 0.2;
const LIKE_STROKE = 0.7;

/** Looks at a picture: at all pixels of small ones, and at some of larger ones. */
export function lookAt(picture: Picture): PictureLook {
  const { width, height } = picture;
  const step = stepOf(picture);
  const greyAt = greyReader(picture);
  const all = new Counts();
  let squares = 0;
  let jumps = 0;
  let pairs = 0;
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) {
      const grey = greyAt(x, y);
      all.add(grey);
      squares += grey * grey;
      if (x + 1 >= width || y + 1 >= height) continue;
      jumps += (grey - greyAt(x + 1, y)) ** 2 + (grey - greyAt(x, y + 1)) ** 2;
      pairs += 2;
    }
  }
  const border = new Counts();
  for (let x = 0; x < width; x += step) {
    border.add(greyAt(x, 0));
    border.add(greyAt(x, height - 1));
  }
  for (let y = 1; y < height - 1; y += step) {
    border.add(greyAt(0, y));
    border.add(greyAt(width - 1, y));
  }
  const median = border.median();
  const range = Math.max(all.most - median, median - all.least, 1);
  const { mean } = all;
  const variance = squares / all.count - mean * mean;
  const ground = all.within(median, LIKE_GROUND * range);
  return {
    contrast: all.most - all.least,
    mean,
    smoothness: variance > 0 && pairs > 0 ? 1 - jumps / pairs / (2 * variance) : 1,
    border: { mean: border.mean, median, even: border.within(median, LIKE_GROUND * range) },
    ground,
    shades: all.within(median, LIKE_STROKE * range) - ground,
  };
}

/** How often each grey occurs. */
class Counts {
  readonly #of = new Uint32Array(256);
  #sum = 0;
  count = 0;
  least = 255;
  most = 0;

  add(grey: number): void {
    (this.#of[grey] as number)++;
    this.#sum += grey;
    this.count++;
    if (grey < this.least) this.least = grey;
    if (grey > this.most) this.most = grey;
  }

  get mean(): number {
    return this.#sum / this.count;
  }

  median(): number {
    let below = 0;
    for (let grey = 0; grey < 256; grey++) {
      below += this.#of[grey] as number;
      if (2 * below >= this.count) return grey;
    }
    return 255;
  }

  /** Part of the greys that are at most so far from one. */
  within(grey: number, distance: number): number {
    let inside = 0;
    for (let each = 0; each < 256; each++) {
      if (Math.abs(each - grey) <= distance) inside += this.#of[each] as number;
    }
    return inside / this.count;
  }
}

/** Steps of the power iteration: where two axes are equally long, any direction between them will do. */
const ITERATIONS = 16;

/**
 * How far the colours of a picture lie from a line between two of them: the root mean square distance, where black and
 * white are 442 apart. One ink on one ground has none, whatever their colours.
 */
export function huesOf(picture: Picture): number {
  const { data, channels, width, height } = picture;
  if (channels === 1) return 0;
  const step = stepOf(picture);
  // Sums of the three channels and of their products, as a symmetric matrix row by row.
  const sums = [0, 0, 0];
  const products = new Float64Array(9);
  let count = 0;
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step, count++) {
      const at = (y * width + x) * channels;
      for (let a = 0; a < 3; a++) {
        const one = data[at + a] as number;
        sums[a] = (sums[a] as number) + one;
        for (let b = 0; b < 3; b++)
          products[3 * a + b] = (products[3 * a + b] as number) + one * (data[at + b] as number);
      }
    }
  }
  const covariance = products.map(
    (product, i) =>
      product / count - ((sums[Math.floor(i / 3)] as number) / count) * ((sums[i % 3] as number) / count),
  );
  const total = (covariance[0] as number) + (covariance[4] as number) + (covariance[8] as number);
  // Along the longest axis, found from a direction that lies at right angles to none of the usual ones.
  let axis = [1, 0.9, 0.8];
  let along = 0;
  for (let i = 0; i < ITERATIONS; i++) {
    const next = [0, 3, 6].map((row) =>
      axis.reduce((sum, value, c) => sum + value * (covariance[row + c] as number), 0),
    );
    along = Math.hypot(...next);
    if (along === 0) break;
    axis = next.map((value) => value / along);
  }
  return Math.sqrt(Math.max(0, total - along));
}

function stepOf({ width, height }: Picture): number {
  return Math.max(1, Math.floor(Math.sqrt((width * height) / SAMPLES)));
}

function greyReader({ data, channels, width }: Picture): (x: number, y: number) => number {
  if (channels === 1) return (x, y) => data[y * width + x] as number;
  return (x, y) => {
    const at = (y * width + x) * channels;
    return lumaOf(data[at] as number, data[at + 1] as number, data[at + 2] as number);
  };
}
