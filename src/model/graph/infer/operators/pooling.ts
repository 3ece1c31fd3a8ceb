import type { Maybe } from "../extent/index.ts";
import {
  type Application,
  elementsOf,
  type Family,
  hasInput,
  intAttribute,
  intsAttribute,
  type Rule,
  shapeOf,
  unknownShape,
} from "../rule.ts";
import { sameLength } from "./like.ts";
import { roundingOf, spreadOver, type Window, windowOf, windowsOver } from "./window.ts";

type Shape = readonly Maybe[] | null;

/** [N, C, …] with what the window makes of the spatial axes. */
function pooled(
  at: Application,
  data: Shape,
  over: (spatial: readonly Maybe[], window: Window) => readonly Maybe[],
): Shape {
  if (!data || data.length < 2) return unknownShape(data?.length ?? null);
  const spatial = data.slice(2);
  const window = windowOf(at, spatial.length);
  return [...data.slice(0, 2), ...(window ? over(spatial, window) : spatial.map(() => null))];
}

/** The windows of a pooling operator over [N, C, spatial…]. */
export function pooledShape(at: Application, data: Shape): Shape {
  return pooled(at, data, (spatial, window) => windowsOver(spatial, window, roundingOf(at)));
}

/** The indices that MaxPool gives beside have the same shape. */
const pool: Rule = (at) => {
  const shape = pooledShape(at, shapeOf(at, 0));
  return [{ shape }, { shape }];
};

/** Spatial axes become 1. */
const globalPool: Rule = (at) => [
  { shape: shapeOf(at, 0)?.map((dim, axis) => (axis < 2 ? dim : 1)) ?? null },
];

/** Back to the lengths before pooling; the third input, where it is, says them. */
const maxUnpool: Rule = (at) => {
  const asked = elementsOf(at, 2);
  if (asked) return [{ shape: asked }];
  const shape = pooled(at, shapeOf(at, 0), (spatial, window) =>
    hasInput(at, 2) ? spatial.map(() => null) : spreadOver(at, spatial, window),
  );
  return [{ shape }];
};

/** [boxes, C, height, width] */
const maxRoiPool: Rule = (at) => {
  const [height = null, width = null] = intsAttribute(at, "pooled_shape") ?? [];
  return [{ shape: [shapeOf(at, 1)?.[0] ?? null, shapeOf(at, 0)?.[1] ?? null, height, width] }];
};

const roiAlign: Rule = (at) => {
  const boxes = sameLength(at, shapeOf(at, 1)?.[0], shapeOf(at, 2)?.[0]);
  const size = [intAttribute(at, "output_height", 1), intAttribute(at, "output_width", 1)];
  return [{ shape: [boxes, shapeOf(at, 0)?.[1] ?? null, ...size] }];
};

export const POOLING: Family = {
  domain: "",
  rules: {
    AveragePool: pool,
    LpPool: pool,
    MaxPool: pool,
    GlobalAveragePool: globalPool,
    GlobalLpPool: globalPool,
    GlobalMaxPool: globalPool,
    MaxRoiPool: maxRoiPool,
    MaxUnpool: maxUnpool,
    RoiAlign: roiAlign,
  },
};
