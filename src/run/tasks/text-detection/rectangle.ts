import type { Piece } from "./pieces.ts";

type Point = readonly [x: number, y: number];
/** Clockwise from the upper left, where y grows downwards. */
export type Quad = readonly [Point, Point, Point, Point];

/** A rectangle that may be turned: its middle, its half axes. */
export interface Rectangle {
  readonly middle: Point;
  /** Unit vector along its first side. */
  readonly along: Point;
  /** Lengths of the sides along that vector and across it. */
  readonly sides: readonly [along: number, across: number];
}

/** The hull of a piece's pixels (their middles), by Andrew's monotone chain over its rows. */
function hullOf({ ends, top }: Piece): Point[] {
  const rows = ends.length / 2;
  const chain = (side: 0 | 1, keepsTurn: (turn: number) => boolean): Point[] => {
    const points: Point[] = [];
    for (let row = 0; row < rows; row++) {
      const next: Point = [ends[2 * row + side] as number, top + row];
      while (points.length > 1) {
        const a = points.at(-2) as Point;
        const b = points.at(-1) as Point;
        const turn = (b[0] - a[0]) * (next[1] - a[1]) - (b[1] - a[1]) * (next[0] - a[0]);
        if (keepsTurn(turn)) break;
        points.pop();
      }
      points.push(next);
    }
    return points;
  };
  const right = chain(1, (turn) => turn > 0);
  const left = chain(0, (turn) => turn < 0).reverse();
  return [...right, ...left].filter((point, i, all) => {
    const before = all[(i + all.length - 1) % all.length] as Point;
    return all.length === 1 || point[0] !== before[0] || point[1] !== before[1];
  });
}

/**
 * The rectangle of least area around a piece: one of its sides lies on a side of the hull (Freeman and Shapira 1975), as
 * OpenCV's minAreaRect looks for it.
 */
export function rectangleAround(piece: Piece): Rectangle {
  const hull = hullOf(piece);
  const [first = [0, 0] as Point] = hull;
  if (hull.length < 2) return { middle: first, along: [1, 0], sides: [0, 0] };
  let best: Rectangle | null = null;
  let least = Number.POSITIVE_INFINITY;
  // Callipers: as the side turns, the furthest points only move on.
  let [far, ahead, behind] = [1, 1, 1];
  const at = (i: number): Point => hull[i % hull.length] as Point;
  for (let i = 0; i < hull.length; i++) {
    const [a, b] = [at(i), at(i + 1)];
    const long = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const along: Point = [(b[0] - a[0]) / long, (b[1] - a[1]) / long];
    const on = ([x, y]: Point) => (x - a[0]) * along[0] + (y - a[1]) * along[1];
    const off = ([x, y]: Point) => (y - a[1]) * along[0] - (x - a[0]) * along[1];
    while (on(at(ahead + 1)) > on(at(ahead))) ahead++;
    far = Math.max(far, ahead);
    while (off(at(far + 1)) > off(at(far))) far++;
    behind = Math.max(behind, far);
    while (on(at(behind + 1)) < on(at(behind))) behind++;
    const [from, to, across] = [on(at(behind)), on(at(ahead)), off(at(far))];
    const area = (to - from) * across;
    if (area >= least) continue;
    least = area;
    const [u, v] = [(from + to) / 2, across / 2];
    best = {
      middle: [a[0] + u * along[0] - v * along[1], a[1] + u * along[1] + v * along[0]],
      along,
      sides: [to - from, across],
    };
  }
  return best ?? { middle: first, along: [1, 0], sides: [0, 0] };
}

/**
 * Grown on all sides by area × ratio ÷ outline. What differentiable binarisation offsets is a polygon with round joints; around
 * a grown rectangle of round corners the least rectangle is this one.
 */
export function grown({ middle, along, sides: [a, b] }: Rectangle, ratio: number): Rectangle {
  const by = a + b === 0 ? 0 : (a * b * ratio) / (2 * (a + b));
  return { middle, along, sides: [a + 2 * by, b + 2 * by] };
}

/**
 * The corners, clockwise from the upper left: of the two corners further left the higher one, as PaddleOCR orders them
 * (ppocr/postprocess/db_postprocess.py, get_mini_boxes).
 */
export function cornersOf({ middle: [x, y], along: [ax, ay], sides }: Rectangle): Quad {
  const [a, b] = [sides[0] / 2, sides[1] / 2];
  const corner = (s: number, t: number): Point => [x + s * a * ax - t * b * ay, y + s * a * ay + t * b * ax];
  const sorted = [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)].sort((p, q) => p[0] - q[0]);
  const [l0, l1, r0, r1] = sorted as unknown as Quad;
  const [upperLeft, lowerLeft] = l1[1] > l0[1] ? [l0, l1] : [l1, l0];
  const [upperRight, lowerRight] = r1[1] > r0[1] ? [r0, r1] : [r1, r0];
  return [upperLeft, upperRight, lowerRight, lowerLeft];
}
