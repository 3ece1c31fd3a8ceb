import type { Fit } from "./fit.ts";
import { placedBy } from "./fit.ts";

/** Rows of pixels, channels beside each other. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/**
 * A picture fitted by the four pixels nearest to each place, whatever lies between those: what OpenCV's INTER_LINEAR,
 * tf.image.resize without antialias and libyuv's bilinear filter do, with centres of pixels at halves.
 */
export function fitBilinear(source: Pixels, fit: Fit, margin: number): Pixels {
  const { width, height } = fit;
  const { channels } = source;
  const placed = placedBy(fit);
  const columns = taps(width, placed.left, placed.width, source.width);
  const rows = taps(height, placed.top, placed.height, source.height);
  const data = new Uint8Array(width * height * channels).fill(Math.round(margin));
  const stride = source.width * channels;
  for (let y = 0; y < height; y++) {
    const row = rows[y] as Tap | null;
    if (!row) continue;
    const above = row.first * stride;
    const below = row.second * stride;
    for (let x = 0; x < width; x++) {
      const column = columns[x] as Tap | null;
      if (!column) continue;
      const left = column.first * channels;
      const right = column.second * channels;
      const to = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) {
        const top = mix(source.data[above + left + c], source.data[above + right + c], column.share);
        const bottom = mix(source.data[below + left + c], source.data[below + right + c], column.share);
        data[to + c] = Math.round(mix(top, bottom, row.share));
      }
    }
  }
  return { width, height, channels, data };
}

/** The two pixels on either side of a place, and how much of the second one counts. */
interface Tap {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

/** Of each pixel of an axis; null where it is a margin. */
function taps(length: number, offset: number, resized: number, source: number): (Tap | null)[] {
  const scale = source / resized;
  return Array.from({ length }, (_, i) => {
    const at = i - offset;
    if (at < 0 || at >= resized) return null;
    const place = Math.min(Math.max((at + 0.5) * scale - 0.5, 0), source - 1);
    const first = Math.floor(place);
    return { first, second: Math.min(first + 1, source - 1), share: place - first };
  });
}

function mix(a: number | undefined, b: number | undefined, share: number): number {
  return (a as number) + ((b as number) - (a as number)) * share;
}
