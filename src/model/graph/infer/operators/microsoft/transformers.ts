import { divideExactly, type Maybe, subtract } from "../../extent/index.ts";
import { dtypeOf, elementsOf, type Family, hasInput, intAttribute, type Rule, shapeOf } from "../../rule.ts";
import { like } from "../like.ts";

/** What stands beside attention in transformers: embeddings, norms, experts, the search for words (ContribOperators.md). */

/** y as x, its mean and inverse deviation [..., 1], and the sum that was normalised. */
const skipNorm: Rule = (at) => {
  const data = shapeOf(at, 0);
  const moments = data && [...data.slice(0, -1), 1];
  return [{ shape: data }, { shape: moments }, { shape: moments }, { shape: data, dtype: dtypeOf(at, 0) }];
};

/** [batch, length, hidden], the number of words that the mask leaves [batch], and the sum of the embeddings. */
const embed: Rule = (at) => {
  const [batch = null, length = null] = shapeOf(at, 0) ?? [];
  const embedded: Maybe[] = [batch, length, shapeOf(at, 2)?.[1] ?? null];
  return [{ shape: embedded }, { shape: [batch] }, { shape: embedded }];
};

/** [batch, sequences, words]: words come until the greatest length that is asked for. */
const beamSearch: Rule = (at) => {
  const [batch = null, length = null] = shapeOf(at, 0) ?? [];
  const scalar = (index: number) => elementsOf(at, index)?.[0] ?? null;
  const [most, beams, sequences] = [scalar(1), scalar(3), scalar(4)];
  const words = intAttribute(at, "vocab_size", 0);
  const steps = subtract(most, length);
  return [
    { shape: [batch, sequences, most] },
    { shape: [batch, sequences], dtype: "float32" },
    { shape: [steps, batch, beams, words > 0 ? words : null], dtype: "float32" },
    { shape: null, dtype: "float32" },
    { shape: [batch], dtype: "float32" },
  ];
};

const greedySearch: Rule = (at) => {
  const batch = shapeOf(at, 0)?.[0] ?? null;
  const words = intAttribute(at, "vocab_size", 0);
  return [
    { shape: [batch, elementsOf(at, 1)?.[0] ?? null] },
    { shape: [batch, words > 0 ? words : null], dtype: "float32" },
  ];
};

/** y as x; the state is what the kernel looks back on. */
const causalConv: Rule = (at) => {
  const data = shapeOf(at, 0);
  const past = shapeOf(at, 3);
  if (past || hasInput(at, 3) || !data) return [{ shape: data }, { shape: past }];
  const kernel = shapeOf(at, 1)?.at(-1) ?? null;
  const window = intAttribute(at, "state_window", 0);
  const reach = typeof kernel === "number" ? (kernel - 1) * intAttribute(at, "dilation", 1) : null;
  const state = [...data];
  const axis = intAttribute(at, "channels_last", 0) === 1 ? 1 : data.length - 1;
  const lengths: Maybe[] = state.map((dim, i) => (i === axis ? reach : dim));
  return [{ shape: data }, { shape: window > 0 ? [window, ...lengths] : lengths }];
};

/** Hash ids [batch, length, orders · heads], and the ids that the next call needs [batch, orders]. */
const ngramHash: Rule = (at) => {
  const [batch = null, length = null] = shapeOf(at, 0) ?? [];
  const orders = intAttribute(at, "max_ngram_size", 1) - 1;
  return [
    { shape: [batch, length, orders * intAttribute(at, "n_head_per_ngram", 0)] },
    { shape: [batch, orders] },
  ];
};

const half: Rule = (at) => {
  const data = shapeOf(at, 0);
  return [{ shape: data && [...data.slice(0, -1), divideExactly(data.at(-1) ?? null, 2)] }];
};

const relativeBias: Rule = (at) => [
  { shape: [1, shapeOf(at, 0)?.[1] ?? null, elementsOf(at, 1)?.[0] ?? null, elementsOf(at, 2)?.[0] ?? null] },
];

export const TRANSFORMERS: Family = {
  domain: "com.microsoft",
  rules: {
    BeamSearch: beamSearch,
    BiasSplitGelu: half,
    CausalConvWithState: causalConv,
    EmbedLayerNormalization: embed,
    EngramGate: like(1),
    GatedRMSNorm: like(),
    GemmaRotaryEmbedding: (at) => [{ shape: shapeOf(at, 1) }, { shape: shapeOf(at, 3) }],
    GreedySearch: greedySearch,
    GroupNorm: like(),
    MRotaryEmbedding: like(),
    MoE: like(),
    NGramHashMapping: ngramHash,
    NGramRepeatBlock: like(1),
    QEmbedLayerNormalization: embed,
    QMoE: like(),
    RelativePositionBias: relativeBias,
    RotaryEmbedding: like(),
    Sampling: greedySearch,
    SkipGroupNorm: like(),
    SkipLayerNormalization: skipNorm,
    SkipSimplifiedLayerNormalization: skipNorm,
    WhisperBeamSearch: beamSearch,
  },
};
