// ONNX Runtime's own operators (docs/ContribOperators.md): one node each, as its CPU provider runs them.
import { fed, fixed, type OperatorCase } from "../make.ts";

const f32 = fed("float32");
const i32 = fed("int32");
const i64 = fed("int64");
const u8 = fed("uint8");
const text = fed("string");
const float = fixed("float32");
const int32 = fixed("int32");
const int64 = fixed("int64");
const byte = fixed("uint8");

const N = ["N", 2] as const;
const S = ["S", 3] as const;
const P = ["P", 5] as const;
const H = ["H", 9] as const;
const W = ["W", 7] as const;

const scale = float([0.5], []);
const zero = byte([128], []);

const of = (op: string, rest: Omit<OperatorCase, "op" | "domain">): OperatorCase => ({
  op,
  domain: "com.microsoft",
  ...rest,
});

const FUSED: readonly OperatorCase[] = [
  of("BiasGelu", { inputs: [f32([N, S, 4]), f32([4])] }),
  of("FastGelu", { inputs: [f32([N, S, 4]), f32([4])] }),
  of("FastGelu", { inputs: [f32([N, 4])] }),
  of("Gelu", { inputs: [f32([N, S, 4])] }),
  of("QuickGelu", { inputs: [f32([N, S, 4])], attributes: { alpha: { float: 1.7 } } }),
  of("FusedConv", {
    inputs: [f32([N, 3, H, W]), f32([4, 3, 3, 3]), f32([4])],
    attributes: { activation: "Relu", pads: [1, 1, 1, 1], strides: [2, 2] },
  }),
  of("FusedConv", {
    inputs: [f32([N, 3, H, W]), f32([4, 3, 2, 2])],
    attributes: { activation: "Relu", auto_pad: "SAME_LOWER", strides: [2, 3] },
  }),
  of("FusedGemm", {
    inputs: [f32([4, N]), f32([5, 4]), f32([5])],
    attributes: { transA: 1, transB: 1, activation: "Relu" },
  }),
  of("FusedMatMul", { inputs: [f32([N, 2, S, 4]), f32([N, 2, P, 4])], attributes: { transB: 1 } }),
  of("FusedMatMul", { inputs: [f32([N, 4, S]), f32([N, 4, P])], attributes: { transA: 1 } }),
  of("FusedMatMul", {
    inputs: [f32([S, N, 4]), f32([S, N, 4])],
    attributes: { transBatchA: 1, transBatchB: 1, transB: 1 },
  }),
  of("FusedMatMul", { inputs: [f32([4]), f32([4, P])] }),
  of("TransposeMatMul", { inputs: [f32([N, S, 4]), f32([N, P, 4])], attributes: { transB: 1 } }),
  of("GatedAdd", { inputs: [f32([N, S, 4]), f32([N, S, 4]), f32([N, S, 1])] }),
  of("MatMulNBits", {
    inputs: [f32([N, S, 32]), byte([17], [8, 1, 16]), float([0.1], [8, 1])],
    attributes: { K: 32, N: 8, bits: 4, block_size: 32 },
  }),
  of("MatMulBnb4", {
    inputs: [f32([N, S, 32]), byte([17], [128]), float([0.1], [8])],
    attributes: { K: 32, N: 8, block_size: 32, quant_type: 1 },
  }),
  of("MatMulFpQ4", {
    inputs: [f32([N, S, 32]), byte([17], [160]), int64([32, 8])],
    attributes: { blk_quant_type: 0 },
    lacking: /not yet supported on this hardware/,
  }),
  of("MatMulInteger16", { inputs: [fed("int16")([N, S, 4]), fed("int16")([4, 5])] }),
  of("MatMulIntegerToFloat", {
    inputs: [u8([N, S, 4]), byte([3], [4, 5]), scale, scale, zero, zero, float([1], [5])],
  }),
];

const QUANTIZED: readonly OperatorCase[] = [
  of("DynamicQuantizeMatMul", { inputs: [f32([N, S, 4]), byte([3], [4, 5]), scale, zero] }),
  of("DynamicQuantizeLSTM", {
    inputs: [
      f32([S, N, 4]),
      byte([3], [2, 4, 12]),
      byte([3], [2, 3, 12]),
      float([1], [2, 24]),
      null,
      null,
      null,
      null,
      float([0.1, 0.1]),
      byte([128, 128]),
      float([0.1, 0.1]),
      byte([128, 128]),
    ],
    attributes: { hidden_size: 3, direction: "bidirectional" },
    outputs: 3,
  }),
  of("DequantizeLinear", { inputs: [u8([N, S]), scale, zero] }),
  of("QuantizeLinear", { inputs: [f32([N, S]), scale, fixed("int8")([0], [])] }),
  of("QuantizeLinear", { inputs: [f32([N, S]), scale, fixed("uint16")([0], [])] }),
  of("GatherBlockQuantized", {
    inputs: [fixed("uint4")([3], [8, 32]), i64([N, S]), float([0.1], [8, 2])],
    attributes: { block_size: 16, quantize_axis: 1, gather_axis: 0 },
  }),
  of("GatherBlockQuantized", {
    inputs: [byte([3], [8, 16]), i64([N, S]), float([0.1], [8, 2])],
    attributes: { block_size: 16, quantize_axis: 1, gather_axis: 0, bits: 4 },
  }),
  of("GatherBlockQuantized", {
    inputs: [byte([3], [8, 32]), i64([N]), float([0.1], [8, 2])],
    attributes: { block_size: 16, quantize_axis: 1, gather_axis: 0, bits: 8 },
  }),
  of("NhwcMaxPool", {
    inputs: [u8([N, H, W, 3])],
    attributes: { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 0] },
  }),
  of("QAttention", {
    inputs: [
      u8([N, S, 8]),
      byte([3], [8, 24]),
      float([1], [24]),
      scale,
      scale,
      null,
      zero,
      zero,
      f32([2, N, 2, P, 4]),
    ],
    attributes: { num_heads: 2, unidirectional: 1 },
    outputs: 2,
  }),
  of("QGemm", {
    inputs: [u8([N, 4]), scale, zero, byte([3], [5, 4]), scale, zero, int32([1], [5]), scale, zero],
    attributes: { transB: 1 },
  }),
  of("QGemm", {
    inputs: [u8([4, N]), scale, zero, byte([3], [4, 5]), scale, zero],
    attributes: { transA: 1 },
  }),
  of("QLinearAdd", { inputs: [u8([N, 1, 4]), scale, zero, u8([S, 4]), scale, zero, scale, zero] }),
  of("QLinearMul", { inputs: [u8([N, S]), scale, zero, u8([1]), scale, zero, scale, zero] }),
  of("QLinearAveragePool", {
    inputs: [u8([N, 3, H, W]), scale, zero, scale, zero],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
  }),
  of("QLinearAveragePool", {
    inputs: [u8([N, H, W, 3]), scale, zero, scale, zero],
    attributes: { kernel_shape: [2, 3], channels_last: 1 },
  }),
  of("QLinearGlobalAveragePool", { inputs: [u8([N, 3, H, W]), scale, zero, scale, zero] }),
  of("QLinearGlobalAveragePool", {
    inputs: [u8([N, H, W, 3]), scale, zero, scale, zero],
    attributes: { channels_last: 1 },
  }),
  of("QLinearConcat", {
    inputs: [scale, zero, u8([N, S]), scale, zero, u8([N, P]), scale, zero],
    attributes: { axis: -1 },
  }),
  of("QLinearConv", {
    inputs: [
      u8([N, H, W, 3]),
      scale,
      zero,
      byte([3], [4, 3, 3, 3]),
      scale,
      zero,
      scale,
      zero,
      int32([1], [4]),
    ],
    attributes: { channels_last: 1, strides: [2, 1] },
  }),
  of("QLinearConv", {
    inputs: [u8([N, 3, H, W]), scale, zero, byte([3], [4, 3, 3, 3]), scale, zero, scale, zero],
    attributes: { dilations: [2, 1], pads: [1, 1, 0, 2] },
  }),
  of("QLinearLeakyRelu", { inputs: [u8([N, S]), scale, zero, scale, zero] }),
  of("QLinearSigmoid", { inputs: [u8([N, S]), scale, zero, scale, zero] }),
  of("QLinearSoftmax", {
    inputs: [u8([N, S]), scale, zero, scale, zero],
    attributes: { axis: -1, opset: 13 },
  }),
  of("QLinearWhere", {
    inputs: [fed("bool")([N, 1], [1, 0]), u8([1, S]), scale, zero, u8([1]), scale, zero, scale, zero],
  }),
];

const state = (length: number | typeof P, heads = 2) => f32([N, heads, length, 4]);

const ATTENTION: readonly OperatorCase[] = [
  of("Attention", {
    inputs: [f32([N, S, 8]), f32([8, 24]), f32([24])],
    attributes: { num_heads: 2 },
  }),
  of("Attention", {
    inputs: [f32([N, S, 8]), f32([8, 24]), f32([24]), null, f32([2, N, 2, P, 4])],
    attributes: { num_heads: 2, unidirectional: 1 },
    outputs: 2,
  }),
  of("Attention", {
    inputs: [f32([N, S, 8]), f32([8, 22]), f32([22])],
    attributes: { num_heads: 2, qkv_hidden_sizes: [8, 8, 6] },
  }),
  of("MultiHeadAttention", {
    inputs: [f32([N, S, 8]), f32([N, P, 8]), f32([N, P, 6])],
    attributes: { num_heads: 2 },
  }),
  of("MultiHeadAttention", {
    inputs: [f32([N, S, 8]), f32([N, S, 8]), f32([N, S, 8]), null, null, null, state(P), state(P)],
    attributes: { num_heads: 2 },
    outputs: 3,
  }),
  of("MultiHeadAttention", {
    inputs: [f32([N, S, 2, 3, 4])],
    attributes: { num_heads: 2 },
    refused: /Packed QKV/,
  }),
  of("MultiHeadAttention", {
    inputs: [f32([N, S, 8]), f32([N, P, 2, 2, 4])],
    attributes: { num_heads: 2 },
    refused: /Packed KV/,
  }),
  of("MultiHeadAttention", {
    inputs: [f32([N, S, 8]), state(P), state(P)],
    attributes: { num_heads: 2 },
  }),
  of("GroupQueryAttention", {
    inputs: [
      f32([1, S, 32]),
      f32([1, S, 16]),
      f32([1, S, 16]),
      f32([1, 2, P, 8]),
      f32([1, 2, P, 8]),
      int32([7], [1]),
      int32([8], []),
    ],
    attributes: { num_heads: 4, kv_num_heads: 2 },
    outputs: 3,
  }),
  of("GroupQueryAttention", {
    inputs: [f32([1, S, 64]), null, null, null, null, int32([2], [1]), int32([3], [])],
    attributes: { num_heads: 4, kv_num_heads: 2 },
    outputs: 3,
  }),
  of("DecoderMaskedMultiHeadAttention", {
    inputs: [
      f32([N, 1, 8]),
      f32([N, 1, 8]),
      f32([N, 1, 8]),
      null,
      null,
      state(P),
      state(P),
      int32([3], [1]),
      int32([1], [1]),
    ],
    attributes: { num_heads: 2, past_present_share_buffer: 1 },
    outputs: 3,
  }),
  of("RotaryEmbedding", {
    inputs: [f32([N, S, 8]), int64([0], [1]), f32([10, 2]), f32([10, 2])],
    attributes: { num_heads: 2, rotary_embedding_dim: 4 },
  }),
  of("SparseAttention", {
    inputs: [
      f32([1, S, 64]),
      f32([1, S, 32]),
      f32([1, S, 32]),
      f32([1, 2, 32, 16]),
      f32([1, 2, 32, 16]),
      int32([0, 1, 3], [1, 3]),
      int32([0, 0, 1], [1, 3]),
      int32([3], [1]),
      int32([3], [1]),
    ],
    attributes: { num_heads: 4, kv_num_heads: 2, sparse_block_size: 16 },
    outputs: 3,
    // Past and present must be one buffer, which only a binding of inputs and outputs can say.
    refused: /past_key->DataRaw/,
  }),
  of("LinearAttention", {
    inputs: [f32([N, S, 8]), f32([N, S, 8]), f32([N, S, 12])],
    attributes: { q_num_heads: 2, kv_num_heads: 2, update_rule: "linear" },
    outputs: 2,
  }),
  of("LinearAttentionGate", {
    inputs: [f32([N, S, 4]), f32([4]), f32([4]), f32([N, S, 4])],
    outputs: 2,
  }),
];

const TRANSFORMERS: readonly OperatorCase[] = [
  of("SkipLayerNormalization", {
    inputs: [f32([N, S, 4]), f32([N, S, 4]), f32([4]), f32([4]), f32([4])],
    outputs: [true, false, false, true],
  }),
  of("SkipSimplifiedLayerNormalization", {
    inputs: [f32([N, S, 4]), f32([N, S, 4]), f32([4])],
    outputs: [true, false, false, true],
  }),
  of("EmbedLayerNormalization", {
    inputs: [i32([N, S]), i32([N, S], [0]), f32([9, 4]), f32([9, 4]), f32([2, 4]), f32([4]), f32([4])],
    outputs: 3,
  }),
  of("QEmbedLayerNormalization", {
    inputs: [
      i32([N, S]),
      i32([N, S], [0]),
      byte([3], [9, 4]),
      byte([3], [9, 4]),
      byte([3], [2, 4]),
      byte([3], [4]),
      byte([3], [4]),
      null,
      scale,
      scale,
      scale,
      scale,
      scale,
      zero,
      zero,
      zero,
      zero,
      zero,
    ],
    outputs: 2,
  }),
  of("CausalConvWithState", {
    inputs: [f32([N, 4, S]), f32([4, 1, 3])],
    outputs: 2,
  }),
  of("CausalConvWithState", {
    inputs: [f32([N, 4, S]), f32([4, 1, 3]), null, f32([N, 4, 2])],
    outputs: 2,
  }),
  of("EngramGate", {
    inputs: [f32([N, S, 2, 4]), f32([N, S, 2, 4]), f32([N, S, 4]), f32([2, 4]), f32([2, 4])],
  }),
  of("GatedRMSNorm", { inputs: [f32([N, S, 8]), f32([4]), f32([N, S, 8])] }),
  of("MRotaryEmbedding", {
    inputs: [f32([N, 2, S, 8]), i64([3, N, S]), f32([10, 4]), f32([10, 4])],
    attributes: { mrope_section: [2, 1, 1] },
  }),
  of("MoE", {
    inputs: [f32([N, 4]), f32([N, 2]), f32([2, 6, 4]), null, f32([2, 4, 6])],
    attributes: { k: 1 },
  }),
  of("QMoE", {
    inputs: [
      f32([N, 32]),
      f32([N, 2]),
      byte([3], [2, 8, 16]),
      f32([2, 8]),
      null,
      byte([3], [2, 32, 4]),
      f32([2, 32]),
    ],
    attributes: { k: 1, expert_weight_bits: 4 },
  }),
  of("NGramHashMapping", {
    inputs: [i64([N, S]), int64([3, 5, 7]), int64([11, 13, 17, 19])],
    attributes: { max_ngram_size: 3, n_head_per_ngram: 2, pad_id: 0 },
    outputs: 2,
  }),
  of("NGramRepeatBlock", { inputs: [i64([N, S]), f32([N, 6])], attributes: { ngram_size: 2 } }),
];

const OTHERS: readonly OperatorCase[] = [
  of("AttnLSTM", {
    inputs: [
      f32([S, N, 4]),
      f32([1, 8, 6]),
      f32([1, 8, 2]),
      f32([1, 16]),
      i32([N], [3]),
      null,
      null,
      null,
      f32([1, 2, 3]),
      f32([1, 5, 3]),
      f32([1, 3]),
      f32([N, P, 5]),
      i32([N], [5]),
      f32([1, 7, 2]),
    ],
    attributes: { hidden_size: 2 },
    outputs: 3,
  }),
  of("BifurcationDetector", {
    inputs: [i64([S]), i64([S]), int64([0], []), i64([["Q", 4]])],
    outputs: 2,
    unknown: 1,
  }),
  of("CDist", { inputs: [f32([N, 4]), f32([S, 4])], attributes: { metric: "euclidean" } }),
  of("ConvTransposeWithDynamicPads", {
    inputs: [f32([N, 3, H, W]), f32([3, 2, 3, 3]), int64([1, 0, 1, 2])],
    attributes: { strides: [2, 2], output_padding: [1, 1] },
  }),
  of("CropAndResize", {
    inputs: [f32([N, 3, H, W]), f32([S, 4], [0, 0, 1, 1]), i32([S], [0]), int32([5, 6])],
  }),
  of("DynamicTimeWarping", { inputs: [f32([S, P])], unknown: 1 }),
  of("ExpandDims", { inputs: [f32([N, S]), int32([-1], [])] }),
  of("ExpandDims", { inputs: [f32([N, S]), int32([1], [])] }),
  of("GatherND", { inputs: [f32([P, W, 4]), i64([N, S, 2])] }),
  of("GridSample", { inputs: [f32([N, 3, H, W]), f32([N, S, P, 2], [0.5])] }),
  of("Inverse", { inputs: [f32([N, 2, 2], [1, 0, 0, 1])] }),
  of("MaxpoolWithMask", {
    inputs: [f32([1, 1, H, W]), i32([1, 1, H, W])],
    attributes: { kernel_shape: [3, 3], strides: [2, 2] },
  }),
  of("MurmurHash3", { inputs: [i32([N, S])] }),
  of("MurmurHash3", { inputs: [text([N, S])], attributes: { positive: 0 } }),
  of("Pad", { inputs: [f32([N, S]), int64([1, 0, 2, 3])] }),
  of("Range", { inputs: [float([0], []), float([7], []), float([2], [])] }),
  of("Range", { inputs: [i64([1], [1]), i64([1], [4])], unknown: 1 }),
  of("SampleOp", { inputs: [f32([N, S])] }),
  of("Tokenizer", {
    inputs: [text([N, S], ["a b", "c"])],
    attributes: { mark: 0, mincharnum: 1, pad_value: "", separators: [" "] },
    unknown: 1,
  }),
  of("Trilu", { inputs: [f32([N, S, S])], attributes: { upper: 0 } }),
  of("UnfoldTensor", { inputs: [f32([N, H, 3])], attributes: { dim: 1, size: 3, step: 2 } }),
  of("UnfoldTensor", { inputs: [f32([N, H])], attributes: { size: 2 } }),
  of("Unique", { inputs: [f32([S])], outputs: 3, unknown: 2 }),
  of("WordConvEmbedding", {
    inputs: [i32([N, W]), f32([6, 1, 2, 5]), f32([6]), f32([9, 5])],
    attributes: { embedding_size: 6, conv_window_size: 2, char_embedding_size: 5 },
  }),
];

export const MICROSOFT_CASES = [...FUSED, ...QUANTIZED, ...ATTENTION, ...TRANSFORMERS, ...OTHERS];
