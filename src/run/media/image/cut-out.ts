import type { Pixels } from "./picture.ts";

/** Four corners in pixels, clockwise from the upper left of what they are the corners of. */
export type Corners = readonly [Point, Point, Point, Point];
type Point = readonly [x: number, y: number];

/** Longest side of what is cut out, in pixels: no picture that can be decoded has a longer line in it. */
const MAX_SIDE = 32_768;
/** OpenCV's cubic convolution (INTER_CUBIC). */
const SHARPNESS = -0.75;

/**
 * The part of a picture between four corners, upright: a perspective is undone. Between pixels is read with cubic convolution, and
 * beyond the edge stands what is at the edge, as PaddleOCR's get_rotate_crop_image does it (tools/infer/utility.py).
 * @returns as wide as the longer of the upper and the lower side, as high as the longer of the other two
 */
export function cutOut(picture: Pixels, corners: Corners): Pixels {
  const [a, b, c, d] = corners;
  const width = side(Math.max(length(a, b), length(c, d)));
  const height = side(Math.max(length(a, d), length(b, c)));
  const { channels } = picture;
  const data = new Uint8Array(width * height * channels);
  const { xx, xy, x0, yx, yy, y0, wx, wy } = projection(corners);
  for (let row = 0, to = 0; row < height; row++) {
    const v = row / height;
    for (let column = 0; column < width; column++, to += channels) {
      const u = column / width;
      const w = wx * u + wy * v + 1;
      readCubic(picture, (xx * u + xy * v + x0) / w, (yx * u + yy * v + y0) / w, data, to);
    }
  }
  return { width, height, channels, data };
}

/** A quarter turn against the clock. */
export function turned({ width, height, channels, data }: Pixels): Pixels {
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < width; y++) {
    for (let x = 0; x < height; x++) {
      const from = (x * width + (width - 1 - y)) * channels;
      for (let c = 0; c < channels; c++) out[to++] = data[from + c] as number;
    }
  }
  return { width: height, height: width, channels, data: out };
}

function side(length: number): number {
  return Math.min(Math.max(Math.trunc(length), 1), MAX_SIDE);
}

function length(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** The map of the unit square to four corners (Heckbert 1989, section 2.2.3). */
function projection([p, q, r, s]: Corners) {
  const dx1 = q[0] - r[0];
  const dy1 = q[1] - r[1];
  const dx2 = s[0] - r[0];
  const dy2 = s[1] - r[1];
  const sx = p[0] - q[0] + r[0] - s[0];
  const sy = p[1] - q[1] + r[1] - s[1];
  // Corners on one line have no inside: they are read as if nothing was turned.
  const area = dx1 * dy2 - dx2 * dy1 || 1;
  const wx = (sx * dy2 - dx2 * sy) / area;
  const wy = (dx1 * sy - sx * dy1) / area;
  return {
    xx: q[0] - p[0] + wx * q[0],
    xy: s[0] - p[0] + wy * s[0],
    x0: p[0],
    yx: q[1] - p[1] + wx * q[1],
    yy: s[1] - p[1] + wy * s[1],
    y0: p[1],
    wx,
    wy,
  };
}

const weightsX = new Float64Array(4);
const weightsY = new Float64Array(4);

function readCubic(
  { width, height, channels, data }: Pixels,
  x: number,
  y: number,
  out: Uint8Array,
  to: number,
) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  fillWeights(weightsX, x - left);
  fillWeights(weightsY, y - top);
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let j = 0; j < 4; j++) {
      const row = clamp(top + j - 1, height) * width;
      let line = 0;
      for (let i = 0; i < 4; i++) {
        const at = (row + clamp(left + i - 1, width)) * channels + c;
        line += (weightsX[i] as number) * (data[at] as number);
      }
      sum += (weightsY[j] as number) * line;
    }
    out[to + c] = Math.min(Math.max(Math.round(sum), 0), 255);
  }
}

function fillWeights(weights: Float64Array, part: number): void {
  const near = (t: number) => ((SHARPNESS + 2) * t - (SHARPNESS + 3)) * t * t + 1;
  const far = (t: number) => ((SHARPNESS * t - 5 * SHARPNESS) * t + 8 * SHARPNESS) * t - 4 * SHARPNESS;
  weights[0] = far(1 + part);
  weights[1] = near(part);
  weights[2] = near(1 - part);
  weights[3] = 1 - (weights[0] + weights[1] + weights[2]);
}

function clamp(at: number, length: number): number {
  return at < 0 ? 0 : at >= length ? length - 1 : at;
}
