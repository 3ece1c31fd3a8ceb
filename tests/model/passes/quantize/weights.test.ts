// Weights in blocks: the bytes are those of ONNX Runtime's own quantisers, and the runtime answers nearly as before.
import { describe, expect, test } from "vitest";
import { attribute } from "../../../../src/model/graph/index.ts";
import type { Model } from "../../../../src/model/index.ts";
import { quantizeWeights, type WeightScheme } from "../../../../src/model/passes/index.ts";
import { packMatrix } from "../../../../src/model/passes/quantize/packed.ts";
import { constantTensor, permuted } from "../../../../src/model/tensor/index.ts";
import { random } from "../../../serve/random.ts";
import { feedsOf } from "../answers.ts";
import { type Builder, build, ops } from "../build.ts";
import { answersOf, apart, bytesOf, decoded, quantize, RECORDED, tensor, torn, weights } from "./made.ts";

const INT4: WeightScheme = { bits: 4, size: 32, symmetric: true, accuracy: 0 };
const SCHEMES: readonly [string, WeightScheme, number][] = [
  ["int4", INT4, 0.12],
  ["int4-asym", { ...INT4, symmetric: false }, 0.12],
  ["int4-fit", { ...INT4, symmetric: false, fit: "error" }, 0.11],
  ["int4-hqq", { ...INT4, symmetric: false, fit: "half-quadratic" }, 0.11],
  ["int8-weights", { ...INT4, bits: 8, accuracy: 4 }, 0.015],
];

/** Of an odd number of rows, the second half of the last byte is whatever lay in the memory of onnxruntime's quantiser. */
function withoutRest({ rows, columns, bits, codes }: (typeof RECORDED.blocks)[number]): string {
  if (bits === 8 || rows % 2 === 0) return codes;
  const bytes = Buffer.from(codes, "base64");
  for (let column = 0; column < columns; column++) {
    const at = column * Math.ceil(rows / 32) * 16 + Math.floor(rows / 2);
    bytes[at] = (bytes[at] as number) & 0x0f;
  }
  return bytes.toString("base64");
}

describe("blocks are those of onnxruntime's quantisers, byte for byte", () => {
  test.each(RECORDED.blocks)("$rows × $columns, $bits bits, symmetric: $symmetric", async (recorded) => {
    const { rows, columns, bits, symmetric } = recorded;
    const content = tensor(weights(rows, columns), [rows, columns]);
    const scheme = { bits, size: 32, symmetric };
    const expected = [withoutRest(recorded), recorded.scales, recorded.zeros ?? ""];
    const ways = [
      { content, k: rows, n: columns, isTransposed: false },
      { content: torn(content, 1_001), k: rows, n: columns, isTransposed: false },
      { content: permuted(content, [1, 0]), k: rows, n: columns, isTransposed: true },
      { content: torn(permuted(content, [1, 0]), 999), k: rows, n: columns, isTransposed: true },
    ];
    for (const matrix of ways) {
      const { codes, scales, zeros } = packMatrix(matrix, scheme, { held: null });
      const made = await Promise.all(
        [codes, scales, zeros].map((each) => (each ? bytesOf(each, 777) : Buffer.of())),
      );
      expect(made.map((bytes) => bytes.toString("base64"))).toEqual(expected);
      expect([codes.byteLength, scales.byteLength]).toEqual([made[0]?.length, made[1]?.length]);
      expect(new Uint8Array((await codes.read()).data as Uint8Array)).toEqual(
        new Uint8Array(made[0] as Buffer),
      );
    }
  });
});

test.each([
  ["halves between codes", 4, (i: number) => ((i % 33) - 16) / 2],
  ["halves between codes", 8, (i: number) => ((i % 511) - 255) / 2],
  ["next to halves", 4, (i: number) => Math.fround((((i % 33) - 16) / 2) * (1 + ((i % 3) - 1) * 2 ** -23))],
  ["numbers below the normal ones", 4, (i: number) => ((i % 7) - 3) * 2 ** -149],
  ["numbers about the least normal one", 8, (i: number) => ((i % 301) - 150) * 2 ** -133],
  ["the largest numbers", 4, (i: number) => ((i % 15) - 7) * 2 ** 125],
] as const)("columns are coded as rows are: %s, %i bits", async (_, bits, number) => {
  const [k, n] = [64, 37];
  const content = tensor(
    Float32Array.from({ length: k * n }, (_, i) => number(i * 31)),
    [k, n],
  );
  for (const symmetric of [true, false]) {
    const scheme = { bits, size: 32, symmetric };
    const columns = packMatrix({ content, k, n, isTransposed: false }, scheme, { held: null });
    const rows = packMatrix({ content: permuted(content, [1, 0]), k, n, isTransposed: true }, scheme, {
      held: null,
    });
    expect((await bytesOf(columns.codes)).equals(await bytesOf(rows.codes))).toBe(true);
  }
});

/** A product whose zero points are floats: blocks around the middle, and what each is off from it times the sum of what it takes. */
const SHIFTED = ["Reshape", "ReduceSum", "Transpose", "MatMul", "MatMulNBits", "Add"];

describe("zero points that are floats: the runtime's answer is that of the weights which the codes stand for", () => {
  const scheme: WeightScheme = { ...INT4, symmetric: false, fit: "half-quadratic" };
  test.each([
    ["whole blocks", 17, 96, ["a", "m", 96], SHIFTED],
    ["whole blocks, axes as an attribute", 11, 96, ["a", "m", 96], SHIFTED],
    ["a matrix", 17, 64, ["m", 64], SHIFTED],
    ["a block that is not whole", 17, 100, ["a", "m", 100], ["MatMulNBits"]],
    ["any rank", 17, 96, null, ["MatMulNBits"]],
    ["before shapes were inputs", 4, 96, ["a", "m", 96], ["MatMulNBits"]],
  ] as const)("%s, opset %i", async (_, opset, k, shape, expected) => {
    const n = 70;
    // Far from 0 too, where zero points are not codes.
    const numbers = weights(k, n).map((each, i) => (i % n < 20 ? Math.abs(each) + 2 : each));
    const model = build(opset, (b) => {
      const weight = b.constant("float32", [k, n], [...numbers], "w");
      b.output(b.node("MatMul", [b.input("x", "float32", shape), weight]));
    });
    const rows = 5;
    const x = weights(rows, k);
    const given = shape?.length === 2 ? [rows, k] : [1, rows, k];
    await quantize(model, () => quantizeWeights("int4-hqq", scheme));
    expect(ops(model)).toEqual(expected);
    const answers = await answersOf(model, { x: { dtype: "float32", shape: given, data: x } });
    const [answer] = Object.values(answers).map(({ data }) => data as Float32Array);
    const made = await decoded(numbers, k, n, scheme);
    const product = Float32Array.from({ length: rows * n }, (_, i) => {
      const [row, column] = [Math.floor(i / n), i % n];
      let sum = 0;
      for (let j = 0; j < k; j++) sum += (x[row * k + j] as number) * (made[j * n + column] as number);
      return sum;
    });
    expect(apart(product, answer as Float32Array)).toBeLessThan(1e-6);
    expect(apart(numbers, made)).toBeLessThan(0.05);
  });
});

/** x [2, 3, 96] times weights [96, 80], and then by a Gemm with a sum. */
function dense(fill?: (b: Builder) => void): Model {
  return build(17, (b) => {
    const x = b.input("x", "float32", ["m", 96]);
    const product = b.node("MatMul", [x, b.weights([96, 80])]);
    const sum = b.node("Gemm", [product, b.weights([64, 80], 7), b.weights([64], 9)], {
      transB: attribute.int(1),
    });
    b.output(sum);
    fill?.(b);
  });
}

describe.each(SCHEMES)("%s", (name, scheme, most) => {
  test("products answer nearly as before, whatever their shapes", async () => {
    const seed = 20_261_126;
    const next = random(seed);
    for (let round = 0; round < 6; round++) {
      const [k, n, m] = [1 + Math.floor(next() * 200), 1 + Math.floor(next() * 90), Math.floor(next() * 5)];
      const make = () =>
        build(13, (b) => {
          const x = b.input("x", "float32", ["a", "m", k]);
          b.output(b.node("MatMul", [x, b.weights([k, n], round + 1)]));
        });
      const feeds = feedsOf(make(), round + 1, { m });
      const before = await answersOf(make(), feeds);
      const model = make();
      await quantize(model, () => quantizeWeights(name, scheme));
      const after = await answersOf(model, feeds);
      const [a, b] = [before, after].map((each) => Object.values(each)[0]);
      expect(b?.shape).toEqual(a?.shape);
      const where = `seed ${seed}, round ${round}: ${m}×${k}×${n}`;
      if (m > 0) expect(apart(a?.data as Float32Array, b?.data as Float32Array), where).toBeLessThan(most);
      expect(ops(model), where).toEqual([k * n < 4096 ? "MatMul" : "MatMulNBits"]);
    }
  });

  test("a Gemm keeps its sum, and the originals are gone", async () => {
    const feeds = feedsOf(dense(), 3, { m: 4 });
    const before = await answersOf(dense(), feeds);
    const model = dense();
    const report = await quantize(model, () => quantizeWeights(name, scheme));
    // Of 96 rows, whole blocks, zero points that are floats are added; of 80 they are the runtime's to see to.
    const isFloat = scheme.fit === "half-quadratic";
    const first = isFloat ? SHIFTED : ["MatMulNBits"];
    expect(ops(model)).toEqual([...first, "MatMulNBits", "Add"]);
    expect(model.opsets.get("com.microsoft")).toBe(1);
    const kept = [...model.graph.values.values()].filter(({ constant }) => constant?.dtype === "float32");
    expect(kept.map(({ constant }) => constant?.shape.length)).toEqual(isFloat ? [1, 2, 2, 2, 2] : [1, 2, 2]);
    const after = await answersOf(model, feeds);
    const [a, b] = [before, after].map((each) => Object.values(each)[0]);
    expect(apart(a?.data as Float32Array, b?.data as Float32Array)).toBeLessThan(2 * most);
    expect(report).toMatchObject({
      precision: name,
      weights: [
        { name: "w", shape: [96, 80], operators: ["MatMul"], bits: scheme.bits, before: 4 * 96 * 80 },
        { name: "w_1", shape: [64, 80], operators: ["Gemm"], bits: scheme.bits, before: 4 * 64 * 80 },
      ],
      left: [],
    });
  });

  test("rows of a table are gathered, from its end too", async () => {
    const make = () =>
      build(17, (b) => {
        const at = b.input("at", "int64", [2, 2]);
        b.output(b.node("Gather", [b.weights([70, 80]), at]));
      });
    const at = { dtype: "int64", shape: [2, 2], data: BigInt64Array.of(0n, 69n, -1n, 7n) } as const;
    const before = await answersOf(make(), { at });
    const model = make();
    await quantize(model, () => quantizeWeights(name, scheme));
    expect(ops(model)).toEqual(["GatherBlockQuantized"]);
    const after = await answersOf(model, { at });
    const [a, b] = [before, after].map((each) => Object.values(each)[0]);
    expect(b?.shape).toEqual(a?.shape);
    expect(apart(a?.data as Float32Array, b?.data as Float32Array)).toBeLessThan(most);
  });
});

describe("what is left as it is", () => {
  const left = async (model: Model) => {
    return quantize(model, () => quantizeWeights("int4", INT4));
  };
  const one = (fill: (b: Builder) => void) => left(build(17, fill));

  test("numbers that are not finite", async () => {
    for (const wrong of [Number.NaN, Infinity, -Infinity]) {
      const { weights: quantized, left: reasons } = await one((b) => {
        const data = weights(80, 64);
        data[4_321] = wrong;
        const w = b.weights([80, 64]);
        w.constant = constantTensor({ dtype: "float32", shape: [80, 64], data }, "the test");
        b.output(b.node("MatMul", [b.input("x", "float32", [1, 80]), w]));
      });
      expect(quantized).toEqual([]);
      expect(reasons).toEqual([
        { reason: "its weights are not all finite numbers", count: 1, names: ["matmul"] },
      ]);
    }
  });

  test.each<[string, (b: Builder) => void]>([
    [
      "its weights have fewer than 4096 elements",
      (b) => b.output(b.node("MatMul", [b.input("x", "float32", [1, 8]), b.weights([8, 8])])),
    ],
    [
      "its weights have fewer than 4096 elements",
      (b) => b.output(b.node("MatMul", [b.input("x", "float32", [1, 8]), b.weights([8, 0])])),
    ],
    [
      "its weights are no matrix",
      (b) => b.output(b.node("MatMul", [b.input("x", "float32", [1, 5_000]), b.weights([5_000])])),
    ],
    [
      "its weights are a stack of matrices",
      (b) => b.output(b.node("MatMul", [b.input("x", "float32", [2, 1, 80]), b.weights([2, 80, 64])])),
    ],
    [
      "its weights are read by Relu too",
      (b) => {
        const w = b.weights([80, 64]);
        b.output(b.node("MatMul", [b.input("x", "float32", [1, 80]), w]));
        b.output(b.node("Relu", [w]));
      },
    ],
    [
      "its weights are an output of the model",
      (b) => {
        const w = b.weights([80, 64]);
        b.output(b.node("MatMul", [b.input("x", "float32", [1, 80]), w]));
        b.output(w);
      },
    ],
    [
      "a caller may replace its weights",
      (b) => {
        const w = b.weights([80, 64]);
        b.graph.inputs.push(w);
        b.output(b.node("MatMul", [b.input("x", "float32", [1, 80]), w]));
      },
    ],
    [
      "its weights are of float64",
      (b) =>
        b.output(
          b.node("MatMul", [b.input("x", "float64", [1, 80]), b.weights([80, 64], 1, "float64")]),
          "float64",
        ),
    ],
    [
      "its product is scaled (alpha)",
      (b) =>
        b.output(
          b.node("Gemm", [b.input("x", "float32", [1, 80]), b.weights([80, 64])], {
            alpha: attribute.float(2),
          }),
        ),
    ],
    [
      "its first factor is transposed",
      (b) =>
        b.output(
          b.node("Gemm", [b.input("x", "float32", [80, 1]), b.weights([80, 64])], {
            transA: attribute.int(1),
          }),
        ),
    ],
  ])("%s", async (reason, fill) => {
    const { weights: quantized, left: reasons } = await one(fill);
    expect(quantized).toEqual([]);
    expect(reasons.map((each) => each.reason)).toEqual([reason]);
  });

  test("what is given again", async () => {
    const model = dense();
    await left(model);
    const again = await left(model);
    expect(again).toEqual({ precision: "int4", weights: [], left: [] });
  });
});

describe("weights that several read", () => {
  test("are held once", async () => {
    const make = () =>
      build(17, (b) => {
        const w = b.weights([80, 80]);
        const x = b.input("x", "float32", [3, 80]);
        b.output(b.node("MatMul", [b.node("MatMul", [x, w]), w]));
      });
    const model = make();
    const report = await quantize(model, () => quantizeWeights("int4", INT4));
    expect(report.weights).toHaveLength(1);
    expect([...model.graph.values.values()].filter(({ constant }) => constant)).toHaveLength(2);
    const feeds = feedsOf(make(), 5);
    const [a, b] = [await answersOf(make(), feeds), await answersOf(model, feeds)].map(
      (each) => Object.values(each)[0],
    );
    expect(apart(a?.data as Float32Array, b?.data as Float32Array)).toBeLessThan(0.25);
  });

  test("in branches, from outside and as Constant nodes, are found", async () => {
    const make = () =>
      build(17, (b) => {
        const x = b.input("x", "float32", [3, 80]);
        const w = b.weights([80, 80]);
        const inner = (seed: number) =>
          b.subgraph(`branch${seed}`, (branch) => {
            const content = branch.weights([80, 80], seed).constant;
            const own = branch.node("Constant", [], { value: attribute.tensor(content as never) });
            branch.output(branch.node("MatMul", [branch.node("MatMul", [x, own]), w]));
          });
        const condition = b.constant("bool", [], [1]);
        b.output(b.node("If", [condition], { then_branch: inner(3), else_branch: inner(4) }));
      });
    const model = make();
    const report = await quantize(model, () => quantizeWeights("int4", INT4));
    expect(report.weights.map(({ operators }) => operators)).toEqual([["MatMul"], ["MatMul"], ["MatMul"]]);
    const feeds = feedsOf(make(), 5);
    const [a, b] = [await answersOf(make(), feeds), await answersOf(model, feeds)].map(
      (each) => Object.values(each)[0],
    );
    expect(apart(a?.data as Float32Array, b?.data as Float32Array)).toBeLessThan(0.25);
  });
});
