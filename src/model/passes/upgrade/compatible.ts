import type { Compatible } from "./adapter.ts";

const NEGATIVE = "axes may be negative since then";
const WORDS = "the same is said in other words";
const TYPES = "more element types are allowed";
const DEFAULT = "the new attribute's default is what was meant before";
const PADDING = "the rule of auto_pad is written out, for dilations too; what runtimes do has not changed";
const FLOOR = "windows that begin in the padding behind are left out, as every runtime leaves them out";

/**
 * Changes whose description or declaration differs from the version before, and which need no adapter. A test holds this
 * table and the adapters together to the list of all changes (tests/fixtures/model/upgrade/changes.json).
 */
export const COMPATIBLE: ReadonlyMap<string, readonly Compatible[]> = new Map([
  [
    "",
    [
      { op: ["Abs", "Ceil", "Floor"], since: 13, because: WORDS },
      { op: ["Add", "Div", "Mul", "Sub"], since: 14, because: TYPES },
      { op: ["ArgMax", "ArgMin"], since: 11, because: NEGATIVE },
      { op: ["ArgMax", "ArgMin"], since: 12, because: DEFAULT },
      { op: ["ArgMax", "ArgMin"], since: 13, because: WORDS },
      {
        op: "Attention",
        since: 24,
        because: "the new input is optional, and without it the mask is the one of 23",
      },
      {
        op: "Attention",
        since: 25,
        because: "windows without bounds, the default, are what was meant before",
      },
      { op: "AveragePool", since: 7, because: "padding is not counted by default, as it was not before" },
      { op: "AveragePool", since: 10, because: DEFAULT },
      { op: "AveragePool", since: 11, because: PADDING },
      { op: "AveragePool", since: 19, because: DEFAULT },
      { op: ["AveragePool", "MaxPool"], since: 22, because: FLOOR },
      {
        op: "BatchNormalization",
        since: 15,
        because: "statistics may be of another float type; sums are of float32",
      },
      { op: "Cast", since: [9, 13], because: TYPES },
      {
        op: ["Cast", "CastLike"],
        since: [19, 24],
        because: "the new attribute is for types that are new too",
      },
      { op: "Clip", since: 13, because: "what is said of a minimum above the maximum was left open before" },
      { op: ["Compress", "Concat", "Flatten", "Gather", "Scan"], since: 11, because: NEGATIVE },
      { op: "Constant", since: [11, 12], because: "there are further ways to say a value" },
      { op: "Conv", since: 11, because: PADDING },
      {
        op: "ConvTranspose",
        since: 11,
        because:
          "the formula for auto_pad contradicted the attribute's own description; runtimes follow the latter",
      },
      { op: "DepthToSpace", since: 11, because: DEFAULT },
      { op: "GatherND", since: 12, because: DEFAULT },
      {
        op: ["DequantizeLinear", "QuantizeLinear"],
        since: [13, 19, 21, 23],
        because: "one scale for a whole tensor remains what it was; axes, blocks and types are new",
      },
      { op: "QuantizeLinear", since: 25, because: TYPES },
      { op: "Dropout", since: 22, because: WORDS },
      { op: "EyeLike", since: 22, because: TYPES },
      { op: ["GRU", "LSTM", "RNN"], since: 14, because: DEFAULT },
      { op: "LSTM", since: 22, because: WORDS },
      { op: "Gather", since: 13, because: WORDS },
      { op: "Gemm", since: 6, because: WORDS },
      { op: "Gemm", since: 11, because: "its third input is optional since then" },
      { op: ["Hardmax", "LogSoftmax", "Softmax"], since: 11, because: NEGATIVE },
      { op: "If", since: 11, because: "its branches may give tensors of different shapes since then" },
      { op: "Loop", since: [11, 13], because: WORDS },
      { op: "LpPool", since: 11, because: PADDING },
      { op: "LpPool", since: 18, because: DEFAULT },
      {
        op: ["Max", "Mean", "Min", "Sum"],
        since: 8,
        because: "inputs of one shape are still added element by element",
      },
      { op: "MaxPool", since: [8, 10], because: DEFAULT },
      { op: "MaxPool", since: [11, 12], because: PADDING },
      { op: ["MaxUnpool", "NonMaxSuppression"], since: 11, because: WORDS },
      { op: "MeanVarianceNormalization", since: 13, because: WORDS },
      { op: "Mod", since: 13, because: "the cases that are spelt out were left to the platform before" },
      {
        op: "OneHot",
        since: 11,
        because: "negative indices, which count from the end now, were not allowed before",
      },
      { op: "OptionalGetElement", since: 18, because: "it also takes what is no optional" },
      { op: "OptionalHasElement", since: 18, because: "it also takes what is no optional, or nothing" },
      { op: "Pad", since: 13, because: TYPES },
      { op: "Pad", since: 18, because: "the axes, an optional input, are all where it is left out" },
      { op: "Pad", since: 19, because: "there is a further mode" },
      {
        op: "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare".split(
          " ",
        ),
        since: 11,
        because: NEGATIVE,
      },
      {
        op: "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMean ReduceProd ReduceSumSquare".split(" "),
        since: 13,
        because: WORDS,
      },
      { op: ["ReduceMax", "ReduceMin"], since: [12, 13], because: WORDS },
      { op: ["ReduceMax", "ReduceMin"], since: 20, because: TYPES },
      { op: "Reshape", since: 14, because: DEFAULT },
      { op: "Resize", since: 18, because: DEFAULT },
      { op: "Resize", since: 19, because: "there is a further way to find coordinates" },
      { op: ["ScatterElements", "ScatterND"], since: 16, because: DEFAULT },
      { op: ["ScatterElements", "ScatterND"], since: 18, because: "there are further reductions" },
      { op: "Shape", since: 15, because: DEFAULT },
      { op: "Slice", since: 11, because: NEGATIVE },
      { op: "Slice", since: 13, because: WORDS },
      { op: ["Split", "Squeeze", "Unsqueeze"], since: 11, because: NEGATIVE },
      { op: ["Squeeze", "Unsqueeze"], since: 23, because: WORDS },
      { op: "TopK", since: 11, because: "the largest, in order, are what was meant before" },
      { op: "Transpose", since: [21, 25], because: TYPES },
    ],
  ],
  [
    "ai.onnx.ml",
    [
      { op: "LabelEncoder", since: 4, because: "tensors are a further way to say keys and values" },
      {
        op: ["TreeEnsembleClassifier", "TreeEnsembleRegressor"],
        since: 3,
        because: "tensors are a further way to say numbers",
      },
    ],
  ],
]);
