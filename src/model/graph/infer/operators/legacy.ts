import { add, greatest, least, type Maybe, subtract } from "../extent/index.ts";
import { axisOf, elementsOf, type Family, intsAttribute, numbersOf, type Rule, shapeOf } from "../rule.ts";
import { like } from "./like.ts";

/** What ai.onnx never took over, or dropped at version 10, and ONNX Runtime still runs. */

/** x [N, C, H, W] without a border (left, top, right, bottom), or as large as `scale` from its corner. */
const crop: Rule = (at) => {
  const [batch = null, channels = null, height = null, width = null] = shapeOf(at, 0) ?? [];
  const [left = 0, top = 0, right = 0, bottom = 0] = intsAttribute(at, "border") ?? [];
  const scale = intsAttribute(at, "scale");
  if (scale) return [{ shape: [batch, channels, scale[0] ?? null, scale[1] ?? null] }];
  return [{ shape: [batch, channels, add(height, -top - bottom), add(width, -left - right)] }];
};

/** Slice, when its limits first became inputs: steps of 1. */
const dynamicSlice: Rule = (at) => {
  const data = shapeOf(at, 0);
  const [starts, ends] = [elementsOf(at, 1), elementsOf(at, 2)];
  const axes = at.inputs[3] ? numbersOf(at, 3) : (starts?.map((_, axis) => axis) ?? null);
  if (!data || !axes) return [{ shape: data?.map(() => null) ?? null }];
  const shape: Maybe[] = [...data];
  for (const [i, named] of axes.entries()) {
    const axis = axisOf(at, named, data.length);
    if (axis === null) return [{ shape: data.map(() => null) }];
    const length = data[axis] ?? null;
    const within = (limit: Maybe) => {
      if (typeof limit !== "number") return null;
      return limit < 0 ? greatest(add(length, limit), 0) : least(length, limit);
    };
    shape[axis] = greatest(subtract(within(ends?.[i] ?? null), within(starts?.[i] ?? null)), 0);
  }
  return [{ shape }];
};

export const LEGACY: Family = {
  domain: "",
  rules: {
    Affine: like(),
    Crop: crop,
    DynamicSlice: dynamicSlice,
    ImageScaler: like(),
    MemcpyFromHost: like(),
    MemcpyToHost: like(),
    ParametricSoftplus: like(),
    Scale: like(),
    ScaledTanh: like(),
  },
};
