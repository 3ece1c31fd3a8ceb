import type { AnchorGrid, BoxFormat } from "../../../model/contract/vision.ts";

/** Where something is in the model's picture, as parts of it. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** How the numbers of a box are read. */
export interface BoxReader {
  readonly format: BoxFormat;
  readonly points: number;
  /** Of the model's picture, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly raw: { readonly grid: AnchorGrid; readonly anchors: Float32Array } | null;
}

/** Reads the box with this index, each of which takes `step` numbers; null where they are no box. */
export function readBox(
  values: ArrayLike<number>,
  index: number,
  step: number,
  reader: BoxReader,
): Box | null {
  const { format, raw, width, height } = reader;
  const at = index * step;
  const [a, b, c, d] = format.order.map((place) => values[at + place] as number) as [
    number,
    number,
    number,
    number,
  ];
  const vertical = (format.order[0] ?? 0) > (format.order[1] ?? 1);
  const points = Array.from({ length: reader.points }, (_, i) => {
    const first = values[at + 4 + 2 * i] as number;
    const second = values[at + 5 + 2 * i] as number;
    return vertical ? { x: second, y: first } : { x: first, y: second };
  });
  const box = raw
    ? { ...decode([a, b, c, d], raw, index), points: points.map((point) => placePoint(point, raw, index)) }
    : { ...boundaries([a, b, c, d], format), points };
  const [x, y] = format.unit === "pixels" && !raw ? [1 / width, 1 / height] : [1, 1];
  const scaled: Box = {
    left: box.left * x,
    top: box.top * y,
    right: box.right * x,
    bottom: box.bottom * y,
    points: box.points.map((point) => ({ x: point.x * x, y: point.y * y })),
  };
  // Not-a-number is neither.
  return scaled.right >= scaled.left && scaled.bottom >= scaled.top ? scaled : null;
}

type Four = readonly [number, number, number, number];

function boundaries([a, b, c, d]: Four, { type }: BoxFormat) {
  if (type === "boundaries") return { left: a, top: b, right: c, bottom: d };
  if (type === "upper-left") return { left: a, top: b, right: a + c, bottom: b + d };
  return { left: a - c / 2, top: b - d / 2, right: a + c / 2, bottom: b + d / 2 };
}

/** A middle and a size relative to an anchor (MediaPipe, tensors_to_detections_calculator.cc). */
function decode([x, y, w, h]: Four, { grid, anchors }: NonNullable<BoxReader["raw"]>, index: number) {
  const [anchorX, anchorY, anchorWidth, anchorHeight] = anchors.subarray(4 * index, 4 * index + 4);
  const [byX = 1, byY = 1, byWidth = 1, byHeight = 1] = grid.divisors;
  const size = (value: number, by: number) => (grid.exponential ? Math.exp(value / by) : value / by);
  return boundaries(
    [
      (x / byX) * (anchorWidth as number) + (anchorX as number),
      (y / byY) * (anchorHeight as number) + (anchorY as number),
      size(w, byWidth) * (anchorWidth as number),
      size(h, byHeight) * (anchorHeight as number),
    ],
    { type: "center", order: [], unit: "ratio" },
  );
}

function placePoint(
  { x, y }: { x: number; y: number },
  { grid, anchors }: NonNullable<BoxReader["raw"]>,
  index: number,
) {
  const [anchorX, anchorY, anchorWidth, anchorHeight] = anchors.subarray(4 * index, 4 * index + 4);
  const [byX = 1, byY = 1] = grid.divisors;
  return {
    x: (x / byX) * (anchorWidth as number) + (anchorX as number),
    y: (y / byY) * (anchorHeight as number) + (anchorY as number),
  };
}
