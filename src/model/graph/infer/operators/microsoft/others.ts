import { broadcastShapes } from "../../broadcasting.ts";
import { add, floorDivide, type Maybe } from "../../extent/index.ts";
import {
  axisOf,
  dtypeOf,
  elementsOf,
  type Family,
  hasInput,
  intAttribute,
  numbersOf,
  type Rule,
  shapeOf,
  unknownShape,
} from "../../rule.ts";
import { transposed } from "../convolution.ts";
import { GATHERING } from "../gathering.ts";
import { GENERATORS } from "../generators.ts";
import { like, likeOf } from "../like.ts";
import { pooledShape } from "../pooling.ts";
import { recurrentOutputs } from "../recurrent.ts";

/** The rest of ONNX Runtime's own operators that its CPU provider runs (ContribOperators.md). */

const attentionLstm: Rule = (at) => {
  const [sequence = null, batch = null] = shapeOf(at, 0) ?? [];
  const hidden = intAttribute(at, "hidden_size") ?? shapeOf(at, 2)?.[2] ?? null;
  return recurrentOutputs(at, { sequence, batch, hidden });
};

/** Tokens after merging, and where the search goes on. */
const bifurcation: Rule = () => [{ shape: [null] }, { shape: [] }];

const distances: Rule = (at) => [{ shape: [shapeOf(at, 0)?.[0] ?? null, shapeOf(at, 1)?.[0] ?? null] }];

/** [boxes, C, height, width] */
const cropAndResize: Rule = (at) => {
  const [height = null, width = null] = elementsOf(at, 3) ?? [];
  return [{ shape: [shapeOf(at, 1)?.[0] ?? null, shapeOf(at, 0)?.[1] ?? null, height, width] }];
};

const expandDims: Rule = (at) => {
  const data = shapeOf(at, 0);
  const named = numbersOf(at, 1)?.[0];
  if (!data || named === undefined) return [{ shape: unknownShape(data ? data.length + 1 : null) }];
  const axis = axisOf(at, named, data.length + 1);
  if (axis === null) return [{ shape: unknownShape(data.length + 1) }];
  return [{ shape: [...data.slice(0, axis), 1, ...data.slice(axis)] }];
};

/** Whatever the picture is made of, the samples are floats like the places. */
const gridSample: Rule = async (at) => {
  const [output] = await (GATHERING.rules.GridSample as Rule)(at);
  return [output?.kind === undefined ? { ...output, dtype: dtypeOf(at, 1) } : output];
};

/** Each text's words lie along a new last axis. */
const tokenize: Rule = (at) => {
  const data = shapeOf(at, 0);
  return [{ shape: data && [...data, null] }];
};

/** Pieces of an axis in its place, what they hold along a new last one. */
const unfold: Rule = (at) => {
  const data = shapeOf(at, 0);
  if (!data) return [null];
  const axis = axisOf(at, intAttribute(at, "dim", -1), data.length);
  const size = intAttribute(at, "size", 1);
  if (axis === null) return [{ shape: unknownShape(data.length + 1) }];
  const pieces = add(floorDivide(add(data[axis] ?? null, -size), intAttribute(at, "step", 1)), 1);
  return [{ shape: [...data.map((dim, i): Maybe => (i === axis ? pieces : dim)), size] }];
};

const unique: Rule = (at) => {
  const found = at.fresh();
  return [{ shape: [found] }, { shape: [shapeOf(at, 0)?.[0] ?? null] }, { shape: [found] }];
};

/** [words, characters] → [words, embedding] */
const wordEmbedding: Rule = (at) => {
  const words = shapeOf(at, 0)?.[0] ?? null;
  return [{ shape: [words, intAttribute(at, "embedding_size") ?? shapeOf(at, 1)?.[0] ?? null] }];
};

const torchEmbedding: Rule = (at) => {
  const indices = shapeOf(at, 1);
  return [{ shape: indices && [...indices, shapeOf(at, 0)?.[1] ?? null] }];
};

export const MICROSOFT: Family = {
  domain: "com.microsoft",
  rules: {
    AttnLSTM: attentionLstm,
    BiasDropout: like(),
    BifurcationDetector: bifurcation,
    CDist: distances,
    ComplexMul: (at) => [{ shape: broadcastShapes(at, [shapeOf(at, 0), shapeOf(at, 1)]) }],
    ComplexMulConj: (at) => [{ shape: broadcastShapes(at, [shapeOf(at, 0), shapeOf(at, 1)]) }],
    ConvTransposeWithDynamicPads: (at) => [
      { shape: transposed(at, hasInput(at, 2) ? elementsOf(at, 2) : undefined) },
    ],
    CropAndResize: cropAndResize,
    DynamicTimeWarping: () => [{ shape: [2, null] }],
    ExpandDims: expandDims,
    GatherND: GATHERING.rules.GatherND as Rule,
    GridSample: gridSample,
    Inverse: like(),
    IsAllFinite: () => [{ shape: [] }],
    MaxpoolWithMask: (at) => [{ shape: pooledShape(at, shapeOf(at, 0)) }],
    MurmurHash3: likeOf(0, (at) => (intAttribute(at, "positive", 1) === 1 ? "uint32" : "int32")),
    Pad: GATHERING.rules.Pad as Rule,
    Range: GENERATORS.rules.Range as Rule,
    SampleOp: like(),
    Tokenizer: tokenize,
    TorchEmbedding: torchEmbedding,
    Trilu: like(),
    UnfoldTensor: unfold,
    Unique: unique,
    WordConvEmbedding: wordEmbedding,
  },
};
