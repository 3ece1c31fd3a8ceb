// Operators of ai.onnx whose shapes follow from more than their inputs' shapes: windows, recurrences, resizing, signals.
import { fed, fixed, type OperatorCase } from "../make.ts";

const f32 = fed("float32");
const f16 = fed("float16");
const i64 = fed("int64");
const u8 = fed("uint8");
const text = fed("string");
const float = fixed("float32");
const int64 = fixed("int64");
const byte = fixed("uint8");

const N = ["N", 2] as const;
const C = ["C", 3] as const;
const S = ["S", 4] as const;
const P = ["P", 5] as const;
const H = ["H", 11] as const;
const W = ["W", 14] as const;
const D = ["D", 6] as const;

const of = (op: string, rest: Omit<OperatorCase, "op">): OperatorCase => ({ op, ...rest });

/** The same in several operator sets. */
const each = (
  opsets: readonly number[],
  op: string,
  rest: Omit<OperatorCase, "op" | "opset">,
): OperatorCase[] => opsets.map((opset) => ({ op, opset, ...rest }));

const image = f32([N, 3, H, W]);
const WINDOWS = [
  { kernel_shape: [3, 3] },
  { kernel_shape: [2, 5], strides: [2, 3] },
  { kernel_shape: [3, 4], strides: [3, 2], pads: [1, 2, 1, 0] },
  { kernel_shape: [3, 2], strides: [2, 2], auto_pad: "SAME_UPPER" },
  { kernel_shape: [2, 2], strides: [3, 3], auto_pad: "SAME_LOWER" },
  { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "VALID" },
];
const DILATED = [
  { kernel_shape: [3, 3], dilations: [2, 3], strides: [2, 1] },
  { kernel_shape: [2, 3], dilations: [3, 1], pads: [2, 1, 0, 1] },
];
const CEILING = [
  { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
  { kernel_shape: [2, 2], strides: [3, 3], ceil_mode: 1 },
  { kernel_shape: [2, 3], strides: [3, 4], pads: [1, 1, 1, 1], ceil_mode: 1 },
  { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER", ceil_mode: 1 },
];

const CONVOLUTIONS: readonly OperatorCase[] = [
  ...[...WINDOWS, ...DILATED].map((attributes) =>
    of("Conv", { inputs: [image, f32([4, 3, ...attributes.kernel_shape])], attributes }),
  ),
  of("Conv", { inputs: [f32([N, 4, S]), f32([6, 2, 3]), f32([6])], attributes: { group: 2 } }),
  of("Conv", { inputs: [f32([N, 1, D, H, W]), f32([2, 1, 2, 2, 2])], attributes: { strides: [1, 2, 3] } }),
  ...each([1, 11, 22], "Conv", { inputs: [image, f32([4, 3, 3, 3])], attributes: { pads: [1, 1, 1, 1] } }),
  of("ConvInteger", {
    inputs: [u8([N, 3, H, W]), byte([3], [4, 3, 3, 3])],
    attributes: { strides: [2, 2] },
  }),
  of("QLinearConv", {
    inputs: [
      u8([N, 3, H, W]),
      float([0.5], []),
      byte([1], []),
      byte([3], [4, 3, 3, 3]),
      float([0.5], []),
      byte([1], []),
      float([0.5], []),
      byte([1], []),
    ],
    attributes: { pads: [1, 0, 1, 0] },
  }),
  of("DeformConv", {
    inputs: [image, f32([4, 3, 3, 3]), f32([N, 18, ["OH", 9], ["OW", 12]], [0])],
  }),
  of("ConvTranspose", { inputs: [image, f32([3, 2, 3, 3])], attributes: { strides: [2, 3], group: 1 } }),
  of("ConvTranspose", {
    inputs: [f32([N, 4, H]), f32([4, 3, 3])],
    attributes: { strides: [2], pads: [1, 0], output_padding: [1], dilations: [2], group: 2 },
  }),
  of("ConvTranspose", {
    inputs: [image, f32([3, 2, 3, 3])],
    attributes: { strides: [2, 2], auto_pad: "SAME_UPPER" },
  }),
  of("ConvTranspose", {
    inputs: [image, f32([3, 2, 2, 2])],
    attributes: { strides: [3, 3], auto_pad: "SAME_LOWER" },
    unknown: 2,
  }),
  of("ConvTranspose", {
    inputs: [f32([N, 3, 5, 5]), f32([3, 2, 3, 3])],
    attributes: { strides: [2, 2], output_shape: [10, 11] },
  }),
  ...each([1, 11, 22], "ConvTranspose", { inputs: [image, f32([3, 2, 3, 3])] }),
];

const POOLS: readonly OperatorCase[] = [
  ...WINDOWS.flatMap((attributes) => [
    of("MaxPool", { inputs: [image], attributes, outputs: 2 }),
    of("AveragePool", { inputs: [image], attributes }),
    of("LpPool", { inputs: [image], attributes }),
  ]),
  ...DILATED.flatMap((attributes) => [
    of("MaxPool", { inputs: [image], attributes: { ...attributes, pads: [0, 0, 0, 0] } }),
    of("AveragePool", { inputs: [image], attributes: { ...attributes, pads: [0, 0, 0, 0] } }),
    of("LpPool", { inputs: [image], attributes: { ...attributes, pads: [0, 0, 0, 0] } }),
  ]),
  ...CEILING.flatMap((attributes) => [
    ...each([10, 12, 22], "MaxPool", { inputs: [image], attributes }),
    ...each([10, 11, 19, 22], "AveragePool", { inputs: [image], attributes }),
    ...each([18, 22], "LpPool", { inputs: [image], attributes }),
  ]),
  ...each([1, 8], "MaxPool", { inputs: [image], attributes: { kernel_shape: [3, 3], pads: [1, 1, 0, 0] } }),
  of("MaxPool", { inputs: [f32([N, 3, S])], attributes: { kernel_shape: [2], strides: [2] } }),
  of("GlobalAveragePool", { inputs: [image] }),
  of("GlobalMaxPool", { inputs: [f32([N, 3, D, H, W])] }),
  of("GlobalLpPool", { inputs: [f32([N, 3, S])] }),
  of("MaxUnpool", {
    inputs: [f32([N, 1, H, W]), i64([N, 1, H, W], [0])],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  }),
  of("MaxUnpool", {
    inputs: [f32([1, 1, 2, 2]), i64([1, 1, 2, 2], [0]), int64([1, 1, 5, 5])],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  }),
  of("MaxRoiPool", {
    inputs: [image, f32([P, 5], [0, 0, 0, 3, 3])],
    attributes: { pooled_shape: [3, 2] },
  }),
  of("RoiAlign", {
    inputs: [image, f32([P, 4], [0, 0, 1, 1]), i64([P], [0])],
    attributes: { output_height: 3, output_width: 2 },
  }),
  of("RoiAlign", { inputs: [image, f32([P, 4], [0, 0, 1, 1]), i64([P], [0])] }),
];

const vector = (length: number) => f32([length]);
const NORMS: readonly OperatorCase[] = [
  of("BatchNormalization", { inputs: [image, vector(3), vector(3), vector(3), vector(3)] }),
  of("BatchNormalization", {
    opset: 15,
    inputs: [f32([N, C, H]), f32([C]), f32([C]), f32([C]), f32([C])],
    attributes: { training_mode: 1 },
    outputs: 3,
  }),
  ...each([7, 9], "BatchNormalization", { inputs: [image, vector(3), vector(3), vector(3), vector(3)] }),
  of("InstanceNormalization", { inputs: [image, vector(3), vector(3)] }),
  of("GroupNormalization", { inputs: [f32([N, 4, S]), vector(4), vector(4)], attributes: { num_groups: 2 } }),
  of("LayerNormalization", { inputs: [f32([N, S, 4]), vector(4), vector(4)], outputs: 3 }),
  of("LayerNormalization", { inputs: [f32([N, S, 4]), f32([S, 4])], attributes: { axis: 1 }, outputs: 3 }),
  of("LayerNormalization", { inputs: [f16([N, S, 4], [1]), f16([4], [1])], outputs: 2 }),
  of("RMSNormalization", { opset: 23, inputs: [f32([N, S, 4]), vector(4)], attributes: { axis: -1 } }),
  of("SimplifiedLayerNormalization", {
    inputs: [f32([N, S, 4]), vector(4)],
    attributes: { axis: -1 },
    outputs: 2,
  }),
  of("LRN", { inputs: [image], attributes: { size: 3 } }),
];

const RECURRENCES: readonly OperatorCase[] = (["RNN", "GRU", "LSTM"] as const).flatMap((op) => {
  const gates = { RNN: 1, GRU: 3, LSTM: 4 }[op];
  const outputs = op === "LSTM" ? 3 : 2;
  const inputs = (directions: number) => [
    f32([S, N, 4]),
    f32([directions, gates * 3, 4]),
    f32([directions, gates * 3, 3]),
  ];
  return [
    ...each([7, 14, 22], op, { inputs: inputs(1), attributes: { hidden_size: 3 }, outputs }),
    of(op, { inputs: inputs(1), attributes: { hidden_size: 3, direction: "reverse" }, outputs }),
    of(op, { inputs: inputs(2), attributes: { hidden_size: 3, direction: "bidirectional" }, outputs }),
    of(op, {
      inputs: inputs(1),
      attributes: { hidden_size: 3 },
      outputs: Array.from({ length: outputs }, (_, i) => i === outputs - 1),
    }),
  ];
});

const RESIZES: readonly OperatorCase[] = [
  ...each([7], "Upsample", { inputs: [image], attributes: { scales: { floats: [1, 1, 2, 3] } } }),
  ...each([9], "Upsample", { inputs: [image, float([1, 1, 1.5, 2])] }),
  ...each([10], "Resize", { inputs: [image, float([1, 1, 0.5, 2.25])] }),
  ...each([11, 13, 18, 19], "Resize", { inputs: [image, float([]), float([1, 1, 2, 0.75])] }),
  ...each([11, 13, 18, 19], "Resize", {
    inputs: [f32([N, 3, 10, 10]), float([]), float([1, 1, 0.6, 1.3])],
    unknown: 1,
  }),
  ...each([11, 13, 18, 19], "Resize", {
    inputs: [f32([2, 3, 5, 7]), float([]), float([]), int64([2, 3, 9, 4])],
  }),
  of("Resize", { inputs: [image, null, float([2, 0.5])], attributes: { axes: [2, 3] } }),
  of("Resize", { inputs: [image, null, null, int64([9, 4])], attributes: { axes: [-1, 2] } }),
  of("Resize", {
    inputs: [f32([1, 1, 8, 6]), null, null, int64([4, 5])],
    attributes: { axes: [2, 3], keep_aspect_ratio_policy: "not_larger" },
  }),
  of("Resize", {
    inputs: [f32([1, 1, 8, 6]), null, null, int64([7, 8])],
    attributes: { axes: [2, 3], keep_aspect_ratio_policy: "not_smaller" },
  }),
];

const scale = float([0.5], []);
const QUANTIZATION: readonly OperatorCase[] = [
  ...each([10, 13, 19, 21, 23], "QuantizeLinear", { inputs: [f32([N, S]), scale, byte([1], [])] }),
  of("QuantizeLinear", { inputs: [f32([N, S]), scale] }),
  of("QuantizeLinear", { inputs: [f32([N, S]), scale, fixed("int8")([1], [])] }),
  of("QuantizeLinear", { inputs: [f32([N, S]), scale], attributes: { output_dtype: 5 } }),
  ...each([10, 13, 19, 21, 23], "DequantizeLinear", { inputs: [u8([N, S]), scale, byte([1], [])] }),
  of("DequantizeLinear", { inputs: [fed("int32")([N, S]), float([1, 1, 1, 1])], attributes: { axis: 1 } }),
  of("DequantizeLinear", { inputs: [u8([N, S]), fixed("float16")([1], [])] }),
  of("DynamicQuantizeLinear", { inputs: [f32([N, S])], outputs: 3 }),
  of("MatMulInteger", { inputs: [u8([N, S, 4]), byte([1], [4, 5])] }),
  of("QLinearMatMul", {
    inputs: [
      u8([N, S, 4]),
      scale,
      byte([1], []),
      byte([1], [4, 5]),
      scale,
      byte([1], []),
      scale,
      byte([1], []),
    ],
  }),
];

const SIGNALS: readonly OperatorCase[] = [
  ...[17, 20].map((opset) =>
    of("DFT", { opset, inputs: [f32([N, S, 1])], attributes: opset < 20 ? { axis: 1 } : {} }),
  ),
  of("DFT", { opset: 17, inputs: [f32([N, S, 1])], attributes: { axis: 1, onesided: 1 } }),
  of("DFT", { inputs: [f32([N, S, P, 1]), null, int64([1], [])], attributes: { onesided: 1 } }),
  of("DFT", { inputs: [f32([N, S, 2]), int64([9], [])], attributes: { inverse: 1 } }),
  of("STFT", { inputs: [f32([N, ["T", 40], 1]), int64([8], []), float([1], [16])] }),
  of("STFT", {
    inputs: [f32([N, ["T", 40], 1]), int64([5], []), null, int64([12], [])],
    attributes: { onesided: 0 },
  }),
  of("HannWindow", { inputs: [int64([7], [])] }),
  of("HammingWindow", { inputs: [int64([7], [])], attributes: { output_datatype: 11 } }),
  of("BlackmanWindow", { inputs: [i64([], [7])], unknown: 1 }),
  of("MelWeightMatrix", {
    inputs: [int64([8], []), int64([17], []), int64([8000], []), float([0], []), float([3000], [])],
  }),
];

const IMAGES: readonly OperatorCase[] = [
  of("AffineGrid", { inputs: [f32([N, 2, 3]), int64([2, 3, 5, 6])] }),
  of("AffineGrid", { inputs: [f32([N, 3, 4]), int64([2, 3, 4, 5, 6])] }),
  of("Col2Im", { inputs: [f32([N, 12, 9]), int64([4, 4]), int64([2, 2])] }),
  of("GridSample", { inputs: [f32([N, 3, H, W]), f32([N, S, P, 2], [0.5])] }),
  of("NonMaxSuppression", {
    inputs: [f32([1, S, 4], [0, 0, 1, 1]), f32([1, 2, S]), int64([2], [])],
    unknown: 1,
  }),
];

const TEXTS: readonly OperatorCase[] = [
  of("StringConcat", { inputs: [text([N, 1]), text([S])] }),
  of("StringSplit", { inputs: [text([N, S], ["a b c", "d"])], outputs: 2, unknown: 1 }),
  of("RegexFullMatch", { inputs: [text([N, S])], attributes: { pattern: "[0-9]+" } }),
  of("StringNormalizer", { inputs: [text([1, S])], attributes: { is_case_sensitive: 1 } }),
  of("StringNormalizer", {
    inputs: [text([S])],
    attributes: { stopwords: ["1"], is_case_sensitive: 1 },
    unknown: 1,
  }),
  of("TfIdfVectorizer", {
    inputs: [i64([N, S])],
    attributes: {
      mode: "TF",
      min_gram_length: 1,
      max_gram_length: 1,
      max_skip_count: 0,
      ngram_counts: [0],
      ngram_indexes: [0, 4, 2],
      pool_int64s: [1, 2, 3],
    },
  }),
];

const LOSSES: readonly OperatorCase[] = [
  of("NegativeLogLikelihoodLoss", {
    inputs: [f32([N, 4, S]), i64([N, S])],
    attributes: { reduction: "none" },
  }),
  of("NegativeLogLikelihoodLoss", { inputs: [f32([N, 4]), i64([N])] }),
  of("SoftmaxCrossEntropyLoss", { inputs: [f32([N, 4, S]), i64([N, S])], outputs: 2 }),
  of("SoftmaxCrossEntropyLoss", { inputs: [f32([N, 4]), i64([N])], attributes: { reduction: "none" } }),
];

const states = [f32([N, 2, P, 4]), f32([N, 2, P, 3])] as const;
const ATTENTION: readonly OperatorCase[] = [
  ...each([23, 24], "Attention", { inputs: [f32([N, 2, S, 4]), f32([N, 2, P, 4]), f32([N, 2, P, 3])] }),
  of("Attention", {
    opset: 23,
    inputs: [f32([N, S, 16]), f32([N, P, 8]), f32([N, P, 6])],
    attributes: { q_num_heads: 4, kv_num_heads: 2 },
  }),
  of("Attention", {
    opset: 23,
    inputs: [f32([N, 4, S, 4]), f32([N, 2, S, 4]), f32([N, 2, S, 3]), null, ...states],
    outputs: 3,
  }),
  of("Attention", {
    opset: 23,
    inputs: [f32([2, 4, 3, 4]), f32([2, 2, 5, 4]), f32([2, 2, 5, 3])],
    outputs: [true, false, false, true],
  }),
  of("RotaryEmbedding", {
    opset: 23,
    inputs: [f32([N, 2, S, 4]), f32([9, 2]), f32([9, 2]), i64([N, S])],
  }),
  of("TensorScatter", {
    opset: 24,
    inputs: [f32([N, 2, P, 4]), f32([N, 2, 1, 4]), i64([N])],
  }),
];

/** Of operator sets before 10, which the runtime still runs. */
const LEGACY: readonly OperatorCase[] = [
  of("Affine", { opset: 9, inputs: [f32([N, S])], attributes: { alpha: { float: 2 }, beta: { float: 1 } } }),
  of("Crop", { opset: 9, inputs: [image], attributes: { border: [1, 2, 3, 1] } }),
  of("Crop", { opset: 9, inputs: [image], attributes: { border: [1, 1, 1, 1], scale: [2, 3] } }),
  of("DynamicSlice", { opset: 9, inputs: [f32([N, H, W]), int64([1, -5]), int64([20, -1]), int64([1, -1])] }),
  of("ImageScaler", {
    opset: 9,
    inputs: [image],
    attributes: { scale: { float: 2 }, bias: { floats: [1, 2, 3] } },
  }),
  of("ParametricSoftplus", {
    opset: 9,
    inputs: [f32([N, S])],
    attributes: { alpha: { float: 2 }, beta: { float: 1 } },
  }),
  of("ScaledTanh", {
    opset: 9,
    inputs: [f32([N, S])],
    attributes: { alpha: { float: 2 }, beta: { float: 1 } },
  }),
];

export const STANDARD_CASES = [
  ...LEGACY,
  ...CONVOLUTIONS,
  ...POOLS,
  ...NORMS,
  ...RECURRENCES,
  ...RESIZES,
  ...QUANTIZATION,
  ...SIGNALS,
  ...IMAGES,
  ...TEXTS,
  ...LOSSES,
  ...ATTENTION,
];
