import { add, divideExactly, type Extent, type Maybe, multiply } from "../extent/index.ts";
import { dtypeOf, type Family, intAttribute, type Outputs, type Rule, shapeOf } from "../rule.ts";
import { like, sameLength } from "./like.ts";

/** Queries, keys or values by heads: [batch, heads, length, size], or [batch, length, heads · size] with heads told. */
export interface Heads {
  readonly batch: Maybe;
  readonly heads: Maybe;
  readonly length: Maybe;
  readonly size: Maybe;
}

export function headsOf(shape: readonly Extent[] | null, heads: number | null): Heads {
  const [batch = null, second = null, third = null, fourth = null] = shape ?? [];
  if (shape?.length === 4) return { batch, heads: second, length: third, size: fourth };
  return { batch, heads, length: second, size: divideExactly(third, heads) };
}

const attention: Rule = (at) => {
  const query = shapeOf(at, 0);
  const heads = intAttribute(at, "q_num_heads");
  const keyHeads = intAttribute(at, "kv_num_heads") ?? heads;
  const q = headsOf(query, heads);
  const k = headsOf(shapeOf(at, 1), keyHeads);
  const v = headsOf(shapeOf(at, 2), keyHeads);
  const past = shapeOf(at, 4);
  const total = past ? add(past[2] ?? null, k.length) : at.inputs[4] ? null : k.length;
  const batch = sameLength(at, q.batch, k.batch);
  const outputs: Outputs = [
    {
      shape: !query
        ? null
        : query.length === 4
          ? [batch, q.heads, q.length, v.size]
          : [batch, q.length, multiply(q.heads, v.size)],
    },
    { shape: [batch, k.heads, total, k.size] },
    { shape: [batch, v.heads, total, v.size] },
    { shape: [batch, q.heads, q.length, total] },
  ];
  return outputs;
};

const flexAttention: Rule = (at) => {
  const query = shapeOf(at, 0);
  return [{ shape: [...(query?.slice(0, 3) ?? [null, null, null]), shapeOf(at, 2)?.[3] ?? null] }];
};

/** [batch, length, heads · size] throughout; the state is [batch, key heads, key size, value size]. */
const linearAttention: Rule = (at) => {
  const q = shapeOf(at, 0);
  const heads = intAttribute(at, "q_num_heads");
  const keyHeads = intAttribute(at, "kv_num_heads");
  const past = shapeOf(at, 3);
  const keySize = divideExactly(q?.[2] ?? null, heads);
  const valueSize = divideExactly(shapeOf(at, 2)?.[2] ?? null, keyHeads);
  const state = [q?.[0] ?? null, keyHeads, keySize, valueSize].map((dim, axis) =>
    sameLength(at, dim, past?.[axis]),
  );
  return [
    { shape: [q?.[0] ?? null, q?.[1] ?? null, multiply(heads, valueSize)] },
    { shape: state, dtype: dtypeOf(at, 3) ?? dtypeOf(at, 0) },
  ];
};

export const ATTENTION: Family = {
  domain: "",
  rules: {
    Attention: attention,
    LinearAttention: linearAttention,
    RotaryEmbedding: like(),
  },
};

export const PREVIEW: Family = { domain: "ai.onnx.preview", rules: { FlexAttention: flexAttention } };
