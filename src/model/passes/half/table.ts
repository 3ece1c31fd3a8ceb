/** Operators that are computed in float32 although they could be asked for in float16, and why. */
const FULL: Readonly<Record<string, readonly string[]>> = {
  "its sums and powers leave the range of float16": [
    ..."Pow Exp ReduceMean ReduceSum ReduceSumSquare ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceProd".split(
      " ",
    ),
    ..."Sum Mean CumSum MeanVarianceNormalization InstanceNormalization LpNormalization LRN LpPool GlobalLpPool".split(
      " ",
    ),
  ],
  "its places and lengths are not exact in float16": [
    ..."Resize Upsample Range RoiAlign MaxRoiPool NonMaxSuppression TopK GridSample AffineGrid CenterCropPad".split(
      " ",
    ),
  ],
  "runtimes have no kernels for it in float16": [
    ..."Min Max RandomUniformLike RandomNormalLike RandomUniform RandomNormal Multinomial Bernoulli EyeLike".split(
      " ",
    ),
    ..."DFT STFT MelWeightMatrix HannWindow HammingWindow BlackmanWindow Det Unique OneHot LSTM GRU RNN".split(
      " ",
    ),
  ],
  "its scales are what a quantised model was made with": [
    ..."QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearMatMul QLinearConv".split(" "),
  ],
};

const REASONS = new Map(
  Object.entries(FULL).flatMap(([reason, ops]) => ops.map((op) => [op, reason] as const)),
);

/** Why an operator of ai.onnx stays in float32; null where it need not. */
export function fullReason(op: string): string | null {
  return REASONS.get(op) ?? null;
}

/**
 * Operators that move elements and compute nothing: they take what they are given, as it is. By the inputs whose elements
 * are moved; null: all.
 */
export const MOVERS: ReadonlyMap<string, readonly number[] | null> = new Map<
  string,
  readonly number[] | null
>([
  ...[
    "Identity",
    "Reshape",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Slice",
    "Split",
    "Expand",
    "Tile",
  ].map((op) => [op, [0]] as const),
  ...["Gather", "GatherND", "GatherElements", "Compress", "DepthToSpace", "SpaceToDepth", "Trilu"].map(
    (op) => [op, [0]] as const,
  ),
  ["Concat", null],
]);

/** What only looks at the shape of what it is given. */
export const BLIND: ReadonlySet<string> = new Set(["Shape", "Size"]);
