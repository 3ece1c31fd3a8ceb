import { DTYPES } from "../../tensor/dtype.ts";

/** An attribute that is one of a few words; `ops` where the name means something else elsewhere. */
export interface WordRow {
  readonly ops?: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
}

export interface NumberRow {
  readonly ops: ReadonlySet<string>;
  readonly least: bigint;
  readonly most?: bigint;
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/**
 * Words that operators know, by the attribute's name: schemas say that it is a string, and their texts which
 * (https://onnx.ai/onnx/operators/, all versions together).
 */
export const WORDS: ReadonlyMap<string, readonly WordRow[]> = new Map(
  Object.entries<readonly WordRow[]>({
    auto_pad: [{ words: set("NOTSET SAME_UPPER SAME_LOWER VALID") }],
    direction: [
      { ops: set("RNN LSTM GRU DynamicQuantizeLSTM"), words: set("forward reverse bidirectional") },
      { ops: set("BitShift"), words: set("LEFT RIGHT") },
    ],
    mode: [
      { ops: set("Pad"), words: set("constant reflect edge wrap") },
      { ops: set("Resize Upsample"), words: set("nearest linear cubic bilinear") },
      { ops: set("GridSample"), words: set("bilinear nearest bicubic linear cubic") },
      { ops: set("RoiAlign MaxRoiPool"), words: set("avg max") },
      { ops: set("DepthToSpace"), words: set("DCR CRD") },
      { ops: set("TfIdfVectorizer"), words: set("TF IDF TFIDF") },
    ],
    padding_mode: [{ ops: set("GridSample"), words: set("zeros border reflection") }],
    coordinate_transformation_mode: [
      {
        ops: set("Resize"),
        words: set(
          "half_pixel half_pixel_symmetric pytorch_half_pixel align_corners asymmetric tf_half_pixel_for_nn tf_crop_and_resize",
        ),
      },
      { ops: set("RoiAlign"), words: set("half_pixel output_half_pixel") },
    ],
    nearest_mode: [
      { ops: set("Resize"), words: set("round_prefer_floor round_prefer_ceil floor ceil simple") },
    ],
    keep_aspect_ratio_policy: [{ ops: set("Resize"), words: set("stretch not_larger not_smaller") }],
    approximate: [{ ops: set("Gelu"), words: set("none tanh") }],
    reduction: [
      {
        ops: set("ScatterElements ScatterND TensorScatter"),
        words: set("none add mul max min"),
      },
      { ops: set("SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss"), words: set("none sum mean") },
    ],
    post_transform: [{ words: set("NONE SOFTMAX LOGISTIC SOFTMAX_ZERO PROBIT") }],
    aggregate_function: [{ ops: set("TreeEnsembleRegressor"), words: set("AVERAGE SUM MIN MAX") }],
    kernel_type: [{ ops: set("SVMClassifier SVMRegressor"), words: set("LINEAR POLY RBF SIGMOID") }],
    norm: [{ ops: set("Normalizer"), words: set("MAX L1 L2") }],
    case_change_action: [{ ops: set("StringNormalizer"), words: set("LOWER UPPER NONE") }],
    cast_to: [{ ops: set("CastMap"), words: set("TO_FLOAT TO_STRING TO_INT64") }],
    map_form: [{ ops: set("CastMap"), words: set("DENSE SPARSE") }],
  }),
);

const POOLS = "MaxPool AveragePool LpPool";
const CONVOLUTIONS = "Conv ConvTranspose ConvInteger QLinearConv DeformConv";

/** Element types as numbers of TensorProto.DataType, from float on. */
const TYPES = { least: 1n, most: BigInt(Math.max(...Object.values(DTYPES).map(({ onnx }) => onnx))) };

/** The range of numbers that would otherwise divide by zero or ask for memory, by the attribute's name. */
export const LEAST: ReadonlyMap<string, readonly NumberRow[]> = new Map(
  Object.entries<readonly NumberRow[]>({
    group: [{ ops: set(CONVOLUTIONS), least: 1n }],
    strides: [{ ops: set(`${POOLS} ${CONVOLUTIONS}`), least: 1n }],
    dilations: [{ ops: set(`${POOLS} ${CONVOLUTIONS}`), least: 1n }],
    kernel_shape: [{ ops: set(`${POOLS} ${CONVOLUTIONS}`), least: 1n }],
    // Beyond whole numbers that are exact: the sum with a length is no length.
    pads: [
      { ops: set(`${POOLS} ${CONVOLUTIONS}`), least: 0n, most: 2n ** 53n },
      { ops: set("Pad"), least: -(2n ** 53n), most: 2n ** 53n },
    ],
    blocksize: [{ ops: set("DepthToSpace SpaceToDepth"), least: 1n }],
    hidden_size: [{ ops: set("RNN LSTM GRU"), least: 1n }],
    size: [{ ops: set("LRN"), least: 1n }],
    exclusive: [{ ops: set("CumSum CumProd"), least: 0n, most: 1n }],
    reverse: [{ ops: set("CumSum CumProd"), least: 0n, most: 1n }],
    num_groups: [{ ops: set("GroupNormalization"), least: 1n }],
    to: [{ ops: set("Cast"), ...TYPES }],
    dtype: [
      {
        ops: set(
          "EyeLike RandomNormal RandomNormalLike RandomUniform RandomUniformLike Multinomial SequenceEmpty Bernoulli",
        ),
        ...TYPES,
      },
    ],
  }),
);
