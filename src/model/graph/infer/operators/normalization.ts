import type { Extent, Maybe } from "../extent/index.ts";
import type { Type } from "../fact.ts";
import {
  type Application,
  axisOf,
  dtypeOf,
  type Family,
  intAttribute,
  type Outputs,
  type Rule,
  shapeOf,
} from "../rule.ts";
import { dtypeAttributeOr, like, sameLength, sameTensor } from "./like.ts";

/** y as x; beside it, one number for each channel (running or saved means and variances). */
const batch: Rule = (at) => {
  const data = shapeOf(at, 0);
  if (at.version < 9 && intAttribute(at, "spatial", 1) === 0) return everywhere(at, data);
  const channels = data && data.length > 1 ? data[1] : undefined;
  let each: Maybe = channels ?? null;
  for (let input = 1; input < 5; input++) each = sameLength(at, each, shapeOf(at, input)?.[0]);
  return at.node.outputs.map((_, i) => ({ shape: i === 0 ? data : [each] }));
};

/** Before version 9 there could be one for each place of each channel. */
function everywhere(at: Application, data: readonly Extent[] | null): Outputs {
  let each: Type | null = { kind: "tensor", dtype: null, shape: data?.slice(1) ?? null };
  for (let input = 1; input < 5; input++) each = sameTensor(at, each, at.inputs[input]?.type ?? null);
  const shape = each?.kind === "tensor" ? each.shape : null;
  return at.node.outputs.map((_, i) => ({ shape: i === 0 ? data : shape }));
}

/** y as x; the mean and the inverse deviation keep 1 in place of each axis that is normalised. */
const layer: Rule = (at) => {
  const data = shapeOf(at, 0);
  const axis = data && axisOf(at, intAttribute(at, "axis", -1), data.length);
  const moments = data && axis !== null ? data.map((dim, i): Maybe => (i < axis ? dim : 1)) : null;
  const dtype = dtypeAttributeOr(at, "stash_type", "float32");
  const rest = at.node.outputs.slice(1).map(() => ({ shape: moments, dtype }));
  return [
    { shape: data, dtype: at.node.op === "LayerNormalization" && at.version >= 17 ? dtypeOf(at, 0) : null },
    ...rest,
  ];
};

/** A window around each channel has one in its middle: the runtime takes no other, though the standard does not say so. */
const window: Rule = (at) => {
  const size = intAttribute(at, "size");
  if (size !== null && size > 0 && size % 2 === 0)
    at.conflict(`a window of ${size} channels, which is not odd`);
  return [{ shape: shapeOf(at, 0) }];
};

export const NORMALIZATION: Family = {
  domain: "",
  rules: {
    BatchNormalization: batch,
    GroupNormalization: like(),
    InstanceNormalization: like(),
    LRN: window,
    LayerNormalization: layer,
    RMSNormalization: layer,
    SimplifiedLayerNormalization: layer,
  },
};
