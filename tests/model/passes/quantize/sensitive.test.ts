// Which products are left more exact where the others take 4 bits: the last, and those that make what attention adds up.
import { expect, test } from "vitest";
import { attribute } from "../../../../src/model/graph/index.ts";
import type { Value } from "../../../../src/model/index.ts";
import { sensitiveProducts } from "../../../../src/model/passes/index.ts";
import { type Builder, build, ops } from "../build.ts";
import { quiet } from "../invariants.ts";

/** A layer's products, by what their weights are called in it. */
interface Layer {
  readonly out: Value;
  readonly names: Readonly<Record<"q" | "k" | "v" | "o", string>>;
}

type Attend = (b: Builder, q: Value, k: Value, v: Value) => Value;

const perm = (...order: number[]) => ({ perm: attribute.ints(order) });

/** As exporters write it: heads are split and put together again, a mask is added, rows of a mask of nothing are 0. */
const written: Attend = (b, q, k, v) => {
  const heads = (x: Value, ...order: number[]) =>
    b.node("Transpose", [b.node("Reshape", [x, b.ints(0, 0, 4, 16)])], perm(...order));
  const scores = b.node("MatMul", [heads(q, 0, 2, 1, 3), heads(k, 0, 2, 3, 1)]);
  const shares = b.node("Softmax", [scores], { axis: attribute.int(-1) });
  const kept = b.node("Where", [b.node("IsNaN", [shares]), b.constant("float32", [], [0]), shares]);
  const weighed = b.node("MatMul", [kept, heads(v, 0, 2, 1, 3)]);
  return b.node("Reshape", [b.node("Transpose", [weighed], perm(0, 2, 1, 3)), b.ints(0, 0, 64)]);
};

const fused: Attend = (b, q, k, v) =>
  b.node("MultiHeadAttention", [q, k, v], { num_heads: attribute.int(4) }, "com.microsoft");

const einsum: Attend = (b, q, k, v) => {
  const scores = b.node("Einsum", [q, k], { equation: attribute.string("bij,bkj->bik") });
  const shares = b.node("Cast", [b.node("Softmax", [scores])], { to: attribute.int(1) });
  return b.node("Einsum", [v, shares], { equation: attribute.string("bkj,bik->bij") });
};

test.each<[string, Attend]>([
  ["operators", written],
  ["one operator", fused],
  ["Einsum, what is weighed first", einsum],
])("of attention as %s the values", async (_, attend) => {
  const layers: Layer[] = [];
  const model = build(17, (b) => {
    let seed = 0;
    const product = (x: Value) => {
      const weight = b.weights([64, 64], ++seed);
      return { name: weight.name, y: b.node("MatMul", [x, weight]) };
    };
    let out = b.input("x", "float32", ["n", "s", 64]);
    for (let i = 0; i < 4; i++) {
      const [q, k, v] = [product(out), product(out), product(out)];
      const biased = b.node("Add", [b.weights([64], ++seed), v.y]);
      const o = product(attend(b, q.y, k.y, biased));
      // The sum of what came in and of what was added, which the next layer's values come from too.
      out = b.node("Add", [out, o.y]);
      layers.push({ out, names: { q: q.name, k: k.name, v: v.name, o: o.name } });
    }
    b.output(out);
  });
  const before = ops(model);
  const [first, second, third, last] = layers.map(({ names }) => names);
  expect([...(await sensitiveProducts(model, quiet))]).toEqual([
    first?.v,
    second?.v,
    third?.v,
    last?.v,
    last?.o,
  ]);
  expect(ops(model)).toEqual(before);
});

test("the last eighth, by number; of fewer than eight products none", async () => {
  const chain = (count: number) => {
    const names: string[] = [];
    const model = build(17, (b) => {
      let x = b.input("x", "float32", ["n", 64]);
      for (let i = 0; i < count; i++) {
        const weight = b.weights([64, 64], i + 1);
        names.push(weight.name);
        x = b.node("MatMul", [x, weight]);
      }
      b.output(b.node("Gather", [b.weights([700, 8], 3), b.node("Cast", [x], { to: attribute.int(7) })]));
      b.output(b.node("Softmax", [x]));
    });
    return { model, names };
  };
  for (const [count, each] of [
    [7, 0],
    [8, 1],
    [17, 2],
  ] as const) {
    const { model, names } = chain(count);
    expect([...(await sensitiveProducts(model, quiet))]).toEqual(names.slice(count - each));
  }
});
