import { add, divideExactly, greatest, type Maybe, multiply } from "../../extent/index.ts";
import {
  type Application,
  dtypeOf,
  elementsOf,
  type Family,
  hasInput,
  intAttribute,
  intsAttribute,
  type Outputs,
  type Rule,
  shapeOf,
} from "../../rule.ts";
import { sameLength } from "../like.ts";

/** Attention over [batch, length, heads · size], with the keys and values of earlier steps (ONNX Runtime, ContribOperators.md). */

const third = (length: Maybe | undefined) => divideExactly(length ?? null, 3);

/** Query, key and value in one weight [in, 3 · hidden]; past and present are [2, batch, heads, length, size]. */
const packedAttention =
  (weight: number, bias: number | null, past: number): Rule =>
  (at) => {
    const data = shapeOf(at, 0);
    const [batch = null, length = null] = data ?? [];
    const sizes = intsAttribute(at, "qkv_hidden_sizes");
    const all = sameLength(at, shapeOf(at, weight)?.[1], bias === null ? null : shapeOf(at, bias)?.[0]);
    const hidden = sizes?.[2] ?? third(all);
    const before = shapeOf(at, past);
    const size = divideExactly(sizes?.[0] ?? third(all), intAttribute(at, "num_heads"));
    const heads = intAttribute(at, "num_heads");
    const total = hasInput(at, past) ? add(before?.[3] ?? null, length) : length;
    const isShared = intAttribute(at, "past_present_share_buffer", 0) === 1;
    return [
      { shape: [batch, length, hidden] },
      { shape: isShared ? before : [2, batch, heads, total, sameLength(at, size, before?.[4])] },
    ];
  };

interface Part {
  readonly batch: Maybe;
  readonly length: Maybe;
  /** Of all heads together. */
  readonly hidden: Maybe;
  readonly size: Maybe;
}

const UNKNOWN: Part = { batch: null, length: null, hidden: null, size: null };

/** [batch, length, hidden], [batch, heads, length, size] or, packed with others, [batch, length, heads, count, size]. */
function partOf(at: Application, index: number, heads: Maybe): Part {
  const [batch = null, a = null, b = null, c = null, d = null] = shapeOf(at, index) ?? [];
  switch (shapeOf(at, index)?.length) {
    case 3:
      return { batch, length: a, hidden: b, size: divideExactly(b, heads) };
    case 4:
      return { batch, length: b, hidden: multiply(a, c), size: c };
    case 5:
      return { batch, length: a, hidden: multiply(b, d), size: c === null ? null : d };
    default:
      return UNKNOWN;
  }
}

/** The lengths of keys before this step and with it; null where they lie in a buffer whose length is another. */
function totalOf(at: Application, past: number, length: Maybe): Maybe {
  return hasInput(at, past) ? add(shapeOf(at, past)?.[2] ?? null, length) : length;
}

const multiHead: Rule = (at) => {
  const heads = intAttribute(at, "num_heads");
  const query = partOf(at, 0, heads);
  // Without a key of its own, the query holds keys and values too; a key of rank 5 holds the values.
  const key = hasInput(at, 1) ? partOf(at, 1, heads) : query;
  const value = hasInput(at, 2) ? partOf(at, 2, heads) : key;
  const total = totalOf(at, 6, key.length);
  const isShared = hasInput(at, 8);
  const present = (past: number, size: Maybe) =>
    isShared ? shapeOf(at, past) : [query.batch, heads, total, size];
  const outputs: Outputs = [
    { shape: [query.batch, query.length, value.hidden] },
    { shape: present(6, key.size) },
    { shape: present(7, value.size) },
    { shape: [query.batch, heads, query.length, isShared ? null : total], dtype: dtypeOf(at, 0) },
  ];
  return outputs;
};

/** One token a step: the query's length is 1. */
const maskedMultiHead: Rule = (at) => {
  const heads = intAttribute(at, "num_heads");
  const query = partOf(at, 0, heads);
  const isPacked = !hasInput(at, 1);
  const value = hasInput(at, 2) ? partOf(at, 2, heads) : UNKNOWN;
  const hidden = isPacked ? third(query.hidden === null ? null : query.hidden) : value.hidden;
  const isShared = intAttribute(at, "past_present_share_buffer", 0) === 1;
  const state = (past: number) => {
    const before = shapeOf(at, past);
    return isShared || !before
      ? before
      : [before[0] ?? null, before[1] ?? null, add(before[2] ?? null, 1), before[3] ?? null];
  };
  return [
    { shape: [query.batch, 1, hidden] },
    { shape: state(5) },
    { shape: state(6) },
    { shape: [query.batch, heads, 1, null], dtype: dtypeOf(at, 0) },
  ];
};

/** Fewer heads of keys than of queries; the present keys take as much room as the past's buffer, or as all of them need. */
const groupQuery: Rule = (at) => {
  const heads = intAttribute(at, "num_heads", 0);
  const keyHeads = intAttribute(at, "kv_num_heads", 0);
  const query = shapeOf(at, 0);
  const isPacked = !hasInput(at, 1);
  const [batch = null, length = null, width = null] = query ?? [];
  const size = divideExactly(width, isPacked ? heads + 2 * keyHeads : heads);
  const past = shapeOf(at, 3);
  const total = elementsOf(at, 6)?.[0] ?? null;
  const before = hasInput(at, 3) ? (past?.[2] ?? null) : 0;
  const isWindow = intAttribute(at, "sliding_window_cache", 0) === 1;
  const room = isWindow ? before : greatest(before, total);
  const present = (input: number) => {
    const state = shapeOf(at, input);
    return [batch, keyHeads, room, state?.[3] ?? (hasInput(at, input) ? null : size)];
  };
  return [
    { shape: [batch, length, multiply(size, heads)] },
    { shape: present(3), dtype: dtypeOf(at, 3) ?? dtypeOf(at, 0) },
    { shape: present(4), dtype: dtypeOf(at, 4) ?? dtypeOf(at, 0) },
    { shape: [batch, heads, length, total], dtype: dtypeOf(at, 0) },
  ];
};

const sparse: Rule = (at) => {
  const heads = intAttribute(at, "num_heads", 0);
  const keyHeads = intAttribute(at, "kv_num_heads", 0);
  const [batch = null, length = null, width = null] = shapeOf(at, 0) ?? [];
  const size = divideExactly(width, hasInput(at, 1) ? heads : heads + 2 * keyHeads);
  return [
    { shape: [batch, length, multiply(size, heads)] },
    { shape: shapeOf(at, 3) },
    { shape: shapeOf(at, 4) },
  ];
};

/** [batch, length, heads · size]; states [batch, key heads, key size, value size], a window of them in front. */
const linear: Rule = (at) => {
  const q = shapeOf(at, 0);
  const heads = intAttribute(at, "q_num_heads", 0);
  const keyHeads = intAttribute(at, "kv_num_heads", 0);
  const window = intAttribute(at, "state_window", 0);
  const past = shapeOf(at, 3);
  const keySize = divideExactly(q?.[2] ?? null, heads);
  const valueSize = divideExactly(shapeOf(at, 2)?.[2] ?? null, keyHeads);
  const state = [...(window > 0 ? [window] : []), q?.[0] ?? null, keyHeads, keySize, valueSize];
  return [
    { shape: [q?.[0] ?? null, q?.[1] ?? null, multiply(valueSize, Math.max(heads, keyHeads))] },
    {
      shape: state.map((dim, axis) => sameLength(at, dim, past?.[axis])),
      dtype: dtypeOf(at, 3) ?? dtypeOf(at, 0),
    },
  ];
};

const linearGate: Rule = (at) => [
  { shape: shapeOf(at, 0), dtype: dtypeOf(at, 1) },
  { shape: shapeOf(at, 3) ?? shapeOf(at, 0), dtype: dtypeOf(at, 0) },
];

export const MICROSOFT_ATTENTION: Family = {
  domain: "com.microsoft",
  rules: {
    Attention: packedAttention(1, 2, 4),
    DecoderMaskedMultiHeadAttention: maskedMultiHead,
    GroupQueryAttention: groupQuery,
    LinearAttention: linear,
    LinearAttentionGate: linearGate,
    MultiHeadAttention: multiHead,
    QAttention: packedAttention(1, 2, 8),
    SparseAttention: sparse,
  },
};
