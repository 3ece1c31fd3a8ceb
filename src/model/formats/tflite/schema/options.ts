import type { ENUMS, TensorType } from "./types.ts";

/**
 * How a field of an options table is read: its type in tensorflow/lite/schema/schema.fbs, with the default where that is not
 * zero. The fields of a table stand in the order of their slots.
 */
export type FieldKind =
  | "int"
  | "int=1"
  | "long"
  | "float"
  | "bool"
  | "bool=true"
  | "ints"
  | "longs"
  | "floats"
  | "string"
  | "bytes"
  | "TensorType=INT32"
  | keyof typeof ENUMS;

type Fields = Readonly<Record<string, FieldKind>>;

const ACTIVATED = { fused_activation_function: "Activation" } as const;
const SUBGRAPHS_OF_LOOP = { cond_subgraph_index: "int", body_subgraph_index: "int" } as const;

/** Tables without fields are left out. */
export const TABLES = {
  Conv2D: {
    padding: "Padding",
    stride_w: "int",
    stride_h: "int",
    fused_activation_function: "Activation",
    dilation_w_factor: "int=1",
    dilation_h_factor: "int=1",
    quantized_bias_type: "TensorType",
  },
  Conv3D: {
    padding: "Padding",
    stride_d: "int",
    stride_w: "int",
    stride_h: "int",
    fused_activation_function: "Activation",
    dilation_d_factor: "int=1",
    dilation_w_factor: "int=1",
    dilation_h_factor: "int=1",
  },
  DepthwiseConv2D: {
    padding: "Padding",
    stride_w: "int",
    stride_h: "int",
    depth_multiplier: "int",
    fused_activation_function: "Activation",
    dilation_w_factor: "int=1",
    dilation_h_factor: "int=1",
  },
  TransposeConv: {
    padding: "Padding",
    stride_w: "int",
    stride_h: "int",
    fused_activation_function: "Activation",
    quantized_bias_type: "TensorType",
  },
  Pool2D: {
    padding: "Padding",
    stride_w: "int",
    stride_h: "int",
    filter_width: "int",
    filter_height: "int",
    fused_activation_function: "Activation",
  },
  FullyConnected: {
    fused_activation_function: "Activation",
    weights_format: "WeightsFormat",
    keep_num_dims: "bool",
    asymmetric_quantize_inputs: "bool",
    quantized_bias_type: "TensorType",
  },
  BatchMatMul: { adj_x: "bool", adj_y: "bool", asymmetric_quantize_inputs: "bool" },
  Add: { fused_activation_function: "Activation", pot_scale_int16: "bool=true" },
  Sub: { fused_activation_function: "Activation", pot_scale_int16: "bool=true" },
  Mul: ACTIVATED,
  Div: ACTIVATED,
  L2Norm: ACTIVATED,
  Softmax: { beta: "float" },
  Concatenation: { axis: "int", fused_activation_function: "Activation" },
  LocalResponseNormalization: { radius: "int", bias: "float", alpha: "float", beta: "float" },
  LeakyRelu: { alpha: "float" },
  Gelu: { approximate: "bool" },
  FakeQuant: { min: "float", max: "float", num_bits: "int", narrow_range: "bool" },
  // The first two are deprecated: the size is an input.
  ResizeBilinear: { new_height: "int", new_width: "int", align_corners: "bool", half_pixel_centers: "bool" },
  ResizeNearestNeighbor: { align_corners: "bool", half_pixel_centers: "bool" },
  Reshape: { new_shape: "ints" },
  Squeeze: { squeeze_dims: "ints" },
  Reducer: { keep_dims: "bool" },
  ArgMax: { output_type: "TensorType" },
  ArgMin: { output_type: "TensorType" },
  Cast: { in_data_type: "TensorType", out_data_type: "TensorType" },
  Shape: { out_type: "TensorType" },
  Gather: { axis: "int", batch_dims: "int" },
  OneHot: { axis: "int" },
  Pack: { values_count: "int", axis: "int" },
  Unpack: { num: "int", axis: "int" },
  Split: { num_splits: "int" },
  SplitV: { num_splits: "int" },
  StridedSlice: {
    begin_mask: "int",
    end_mask: "int",
    ellipsis_mask: "int",
    new_axis_mask: "int",
    shrink_axis_mask: "int",
    offset: "bool",
  },
  SpaceToDepth: { block_size: "int" },
  DepthToSpace: { block_size: "int" },
  MirrorPad: { mode: "MirrorPadMode" },
  ReverseSequence: { seq_dim: "int", batch_dim: "int" },
  SparseToDense: { validate_indices: "bool" },
  Unique: { idx_out_type: "TensorType=INT32" },
  Cumsum: { exclusive: "bool", reverse: "bool" },
  Bucketize: { boundaries: "floats" },
  Random: { seed: "long", seed2: "long" },
  SVDF: { rank: "int", fused_activation_function: "Activation", asymmetric_quantize_inputs: "bool" },
  RNN: { fused_activation_function: "Activation", asymmetric_quantize_inputs: "bool" },
  SequenceRNN: {
    time_major: "bool",
    fused_activation_function: "Activation",
    asymmetric_quantize_inputs: "bool",
  },
  BidirectionalSequenceRNN: {
    time_major: "bool",
    fused_activation_function: "Activation",
    merge_outputs: "bool",
    asymmetric_quantize_inputs: "bool",
  },
  LSTM: {
    fused_activation_function: "Activation",
    cell_clip: "float",
    proj_clip: "float",
    kernel_type: "LstmKernel",
    asymmetric_quantize_inputs: "bool",
  },
  UnidirectionalSequenceLSTM: {
    fused_activation_function: "Activation",
    cell_clip: "float",
    proj_clip: "float",
    time_major: "bool",
    asymmetric_quantize_inputs: "bool",
    diagonal_recurrent_tensors: "bool",
  },
  BidirectionalSequenceLSTM: {
    fused_activation_function: "Activation",
    cell_clip: "float",
    proj_clip: "float",
    merge_outputs: "bool",
    time_major: "bool=true",
    asymmetric_quantize_inputs: "bool",
  },
  ConcatEmbeddings: {
    num_channels: "int",
    num_columns_per_channel: "ints",
    embedding_dim_per_channel: "ints",
  },
  EmbeddingLookupSparse: { combiner: "Combiner" },
  LSHProjection: { type: "LshProjection" },
  SkipGram: { ngram_size: "int", max_skip_size: "int", include_all_ngrams: "bool" },
  Call: { subgraph: "int" },
  CallOnce: { init_subgraph_index: "int" },
  If: { then_subgraph_index: "int", else_subgraph_index: "int" },
  While: SUBGRAPHS_OF_LOOP,
  VarHandle: { container: "string", shared_name: "string" },
  Hashtable: { table_id: "int", key_dtype: "TensorType", value_dtype: "TensorType" },
  ReduceWindow: { reduce_function: "int" },
  StableHLOComposite: {
    name: "string",
    decomposition_subgraph_index: "int",
    composite_attributes: "bytes",
    composite_attributes_format: "int",
    version: "int",
  },
} as const satisfies Record<string, Fields>;

export type TableName = keyof typeof TABLES;

/** Members of the union BuiltinOptions from 1, without their ending "Options". */
export const UNION = [
  "Conv2D DepthwiseConv2D ConcatEmbeddings LSHProjection Pool2D SVDF RNN FullyConnected Softmax Concatenation Add L2Norm",
  "LocalResponseNormalization LSTM ResizeBilinear Call Reshape SkipGram SpaceToDepth EmbeddingLookupSparse Mul Pad",
  "Gather BatchToSpaceND SpaceToBatchND Transpose Reducer Sub Div Squeeze SequenceRNN StridedSlice Exp TopKV2 Split",
  "LogSoftmax Cast Dequantize MaximumMinimum ArgMax Less Neg PadV2 Greater GreaterEqual LessEqual Select Slice",
  "TransposeConv SparseToDense Tile ExpandDims Equal NotEqual Shape Pow ArgMin FakeQuant Pack LogicalOr OneHot",
  "LogicalAnd LogicalNot Unpack FloorDiv Square ZerosLike Fill BidirectionalSequenceLSTM BidirectionalSequenceRNN",
  "UnidirectionalSequenceLSTM FloorMod Range ResizeNearestNeighbor LeakyRelu SquaredDifference MirrorPad Abs SplitV",
  "Unique ReverseV2 AddN GatherNd Cos Where Rank ReverseSequence MatrixDiag Quantize MatrixSetDiag HardSwish If While",
  "DepthToSpace NonMaxSuppressionV4 NonMaxSuppressionV5 ScatterNd SelectV2 Densify SegmentSum BatchMatMul Cumsum",
  "CallOnce BroadcastTo Rfft2d Conv3D Hashtable HashtableFind HashtableImport HashtableSize VarHandle ReadVariable",
  "AssignVariable Random Bucketize Gelu DynamicUpdateSlice UnsortedSegmentProd UnsortedSegmentMax UnsortedSegmentMin",
  "UnsortedSegmentSum ATan2 Sign Bitcast BitwiseXor RightShift",
]
  .join(" ")
  .split(" ");

/** Members of BuiltinOptions2 from 1. */
export const UNION2 = [
  "StablehloConcatenate StablehloBroadcastInDim StablehloSlice StablehloConvolution StablehloCustomCall StablehloReduce",
  "StablehloScatter StablehloCompare StablehloDynamicSlice StablehloPad StablehloIota StablehloDotGeneral",
  "StablehloReduceWindow StablehloSort StablehloWhile StablehloGather StablehloTranspose Dilate",
  "StablehloRngBitGenerator ReduceWindow StableHLOComposite StablehloShiftLeft StablehloCase",
]
  .join(" ")
  .split(" ");

/** Which table holds an operator's options; operators without any are left out. */
export const OPTIONS_OF = {
  CONV_2D: "Conv2D",
  CONV_3D: "Conv3D",
  CONV_3D_TRANSPOSE: "Conv3D",
  DEPTHWISE_CONV_2D: "DepthwiseConv2D",
  TRANSPOSE_CONV: "TransposeConv",
  AVERAGE_POOL_2D: "Pool2D",
  MAX_POOL_2D: "Pool2D",
  L2_POOL_2D: "Pool2D",
  FULLY_CONNECTED: "FullyConnected",
  BATCH_MATMUL: "BatchMatMul",
  ADD: "Add",
  SUB: "Sub",
  MUL: "Mul",
  DIV: "Div",
  L2_NORMALIZATION: "L2Norm",
  SOFTMAX: "Softmax",
  CONCATENATION: "Concatenation",
  LOCAL_RESPONSE_NORMALIZATION: "LocalResponseNormalization",
  LEAKY_RELU: "LeakyRelu",
  GELU: "Gelu",
  FAKE_QUANT: "FakeQuant",
  RESIZE_BILINEAR: "ResizeBilinear",
  RESIZE_NEAREST_NEIGHBOR: "ResizeNearestNeighbor",
  RESHAPE: "Reshape",
  SQUEEZE: "Squeeze",
  MEAN: "Reducer",
  SUM: "Reducer",
  REDUCE_PROD: "Reducer",
  REDUCE_MAX: "Reducer",
  REDUCE_MIN: "Reducer",
  REDUCE_ANY: "Reducer",
  REDUCE_ALL: "Reducer",
  ARG_MAX: "ArgMax",
  ARG_MIN: "ArgMin",
  CAST: "Cast",
  SHAPE: "Shape",
  GATHER: "Gather",
  ONE_HOT: "OneHot",
  PACK: "Pack",
  UNPACK: "Unpack",
  SPLIT: "Split",
  SPLIT_V: "SplitV",
  STRIDED_SLICE: "StridedSlice",
  SPACE_TO_DEPTH: "SpaceToDepth",
  DEPTH_TO_SPACE: "DepthToSpace",
  MIRROR_PAD: "MirrorPad",
  REVERSE_SEQUENCE: "ReverseSequence",
  SPARSE_TO_DENSE: "SparseToDense",
  UNIQUE: "Unique",
  CUMSUM: "Cumsum",
  BUCKETIZE: "Bucketize",
  RANDOM_STANDARD_NORMAL: "Random",
  RANDOM_UNIFORM: "Random",
  MULTINOMIAL: "Random",
  SVDF: "SVDF",
  RNN: "RNN",
  UNIDIRECTIONAL_SEQUENCE_RNN: "SequenceRNN",
  BIDIRECTIONAL_SEQUENCE_RNN: "BidirectionalSequenceRNN",
  LSTM: "LSTM",
  UNIDIRECTIONAL_SEQUENCE_LSTM: "UnidirectionalSequenceLSTM",
  BIDIRECTIONAL_SEQUENCE_LSTM: "BidirectionalSequenceLSTM",
  CONCAT_EMBEDDINGS: "ConcatEmbeddings",
  EMBEDDING_LOOKUP_SPARSE: "EmbeddingLookupSparse",
  LSH_PROJECTION: "LSHProjection",
  SKIP_GRAM: "SkipGram",
  CALL: "Call",
  CALL_ONCE: "CallOnce",
  IF: "If",
  WHILE: "While",
  VAR_HANDLE: "VarHandle",
  HASHTABLE: "Hashtable",
  REDUCE_WINDOW: "ReduceWindow",
  STABLEHLO_COMPOSITE: "StableHLOComposite",
} as const satisfies Record<string, TableName>;

type ValueOf<K extends FieldKind> = K extends "int" | "int=1" | "float"
  ? number
  : K extends "long"
    ? bigint
    : K extends "bool" | "bool=true"
      ? boolean
      : K extends "ints" | "longs" | "floats"
        ? readonly number[]
        : K extends "string"
          ? string
          : K extends "bytes"
            ? Uint8Array
            : K extends "TensorType=INT32"
              ? TensorType
              : K extends keyof typeof ENUMS
                ? (typeof ENUMS)[K][number]
                : never;

type Decoded<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** The options of an operator, as its table gives them or with the schema's defaults; none for others and custom ones. */
export type OptionsOf<Name extends string> = Name extends keyof typeof OPTIONS_OF
  ? Decoded<(typeof TABLES)[(typeof OPTIONS_OF)[Name]]>
  : Readonly<Record<string, never>>;

/** Options of any operator. */
export type Options = Readonly<
  Record<string, number | bigint | boolean | string | readonly number[] | Uint8Array>
>;
