import { add, type Extent } from "../extent/index.ts";
import {
  type Application,
  type Family,
  floatsAttribute,
  intsAttribute,
  type Rule,
  shapeOf,
  unknownShape,
} from "../rule.ts";
import { like } from "./like.ts";

/** What ai.onnx never took over, or dropped at version 10, and ONNX Runtime still runs. */

/** The lengths of pictures [N, C, H, W]; null where they are not known. */
function picturesOf(at: Application): readonly Extent[] | null {
  const dims = shapeOf(at, 0);
  if (!dims || dims.length === 4) return dims;
  at.conflict(`pictures [N, C, H, W] in a tensor of rank ${dims.length}`, { input: 0 });
  return null;
}

/** Pictures without a border (left, top, right, bottom), or as large as `scale` from its corner. */
const crop: Rule = (at) => {
  const dims = picturesOf(at);
  const border = intsAttribute(at, "border");
  const scale = intsAttribute(at, "scale");
  if (border && border.length !== 4) at.conflict(`a border of ${border.length} numbers, where it has 4`);
  if (scale && scale.length !== 2) at.conflict(`a scale of ${scale.length} numbers, where it has 2`);
  if (!dims) return [{ shape: unknownShape(4) }];
  const [batch = null, channels = null, height = null, width = null] = dims;
  const [left = 0, top = 0, right = 0, bottom = 0] = border ?? [];
  if (scale) return [{ shape: [batch, channels, scale[0] ?? null, scale[1] ?? null] }];
  return [{ shape: [batch, channels, add(height, -top - bottom), add(width, -left - right)] }];
};

/** Pictures as they are, of which every channel has a number in `bias`. */
const imageScaler: Rule = (at) => {
  const dims = picturesOf(at);
  const channels = dims?.[1];
  const count = floatsAttribute(at, "bias")?.length ?? 0;
  if (typeof channels === "number" && channels !== count)
    at.conflict(`a bias of ${count} numbers for ${channels} channels`);
  return [{ shape: dims }];
};

export const LEGACY: Family = {
  domain: "",
  rules: {
    Affine: like(),
    Crop: crop,
    ImageScaler: imageScaler,
    MemcpyFromHost: like(),
    MemcpyToHost: like(),
    ParametricSoftplus: like(),
    Scale: like(),
    ScaledTanh: like(),
  },
};
