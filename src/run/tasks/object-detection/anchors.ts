import { fail } from "../../../base/errors/index.ts";
import type { AnchorGrid } from "../../../model/contract/vision.ts";

/** Ten times as many as detectors of large pictures have. */
const MAX_ANCHORS = 1_000_000;

/** Contracts' grids are the same for every picture. */
const cache = new WeakMap<AnchorGrid, { readonly key: string; readonly anchors: Float32Array }>();

/**
 * The anchors of a grid over a picture of this size in pixels: horizontal and vertical middle, width and height of each, as
 * parts of the picture (MediaPipe, ssd_anchors_calculator.cc).
 * @throws TASK_ANCHORS for more than a million
 */
export function anchorsOf(grid: AnchorGrid, height: number, width: number): Float32Array {
  const key = `${height}×${width}`;
  const known = cache.get(grid);
  if (known?.key === key) return known.anchors;
  const anchors = makeAnchors(grid, height, width);
  cache.set(grid, { key, anchors });
  return anchors;
}

/** Layers of one stride that follow each other: their anchors stand in one place together. */
interface Layer {
  readonly rows: number;
  readonly columns: number;
  /** Width and height of each anchor of a place. */
  readonly sizes: readonly (readonly [number, number])[];
}

function makeAnchors(grid: AnchorGrid, height: number, width: number): Float32Array {
  const layers = layersOf(grid, height, width);
  const count = layers.reduce((sum, { rows, columns, sizes }) => sum + rows * columns * sizes.length, 0);
  if (count > MAX_ANCHORS) {
    throw fail("TASK_ANCHORS", { problem: `there would be ${count} of them, more than ${MAX_ANCHORS}` });
  }
  const anchors = new Float32Array(4 * count);
  let at = 0;
  for (const { rows, columns, sizes } of layers) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        for (const [w, h] of sizes) {
          anchors[at++] = (x + grid.offset) / columns;
          anchors[at++] = (y + grid.offset) / rows;
          anchors[at++] = grid.fixed ? 1 : w;
          anchors[at++] = grid.fixed ? 1 : h;
        }
      }
    }
  }
  return anchors;
}

function layersOf(
  { strides, scales, ratios, interpolated }: AnchorGrid,
  height: number,
  width: number,
): Layer[] {
  const scaleAt = (layer: number) => {
    const [least = 0, most = 0] = scales;
    return strides.length === 1
      ? (least + most) / 2
      : least + ((most - least) * layer) / (strides.length - 1);
  };
  const layers: Layer[] = [];
  for (let first = 0; first < strides.length; ) {
    const stride = strides[first] as number;
    const sizes: [number, number][] = [];
    let layer = first;
    for (; strides[layer] === stride; layer++) {
      const scale = scaleAt(layer);
      for (const ratio of ratios) sizes.push(sizeOf(scale, ratio));
      if (interpolated <= 0) continue;
      const next = layer === strides.length - 1 ? 1 : scaleAt(layer + 1);
      sizes.push(sizeOf(Math.sqrt(scale * next), interpolated));
    }
    layers.push({ rows: Math.ceil(height / stride), columns: Math.ceil(width / stride), sizes });
    first = layer;
  }
  return layers;
}

function sizeOf(scale: number, ratio: number): [number, number] {
  return [scale * Math.sqrt(ratio), scale / Math.sqrt(ratio)];
}
