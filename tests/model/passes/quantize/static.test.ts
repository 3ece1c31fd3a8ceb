// Ranges that were seen on samples: they are those of onnxruntime.quantization, the runtime makes integer kernels of what is written,
// and answers nearly as before.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../../../src/base/node/index.ts";
import { moreOutputs } from "../../../../src/model/formats/index.ts";
import { attribute, type Value } from "../../../../src/model/graph/index.ts";
import type { Model } from "../../../../src/model/index.ts";
import { openModel } from "../../../../src/model/index.ts";
import { type Observe, quantizeStatic, type StaticOptions } from "../../../../src/model/passes/index.ts";
import { rangesOf } from "../../../../src/model/passes/quantize/static/calibrate.ts";
import { scaleOf } from "../../../../src/model/passes/quantize/static/codes.ts";
import {
  addTo,
  BINS,
  createHistogram,
  percentileRange,
} from "../../../../src/model/passes/quantize/static/histogram.ts";
import { constantTensor, type Tensor, type Tensors } from "../../../../src/model/tensor/index.ts";
import { emptyFolder } from "../../../cli/modelyard.ts";
import { bytesOfModel, openSession, runSession } from "../../evaluate.ts";
import { type Builder, build, ops } from "../build.ts";
import { answersOf, apart, quantize } from "./made.ts";

interface Recorded {
  kind: string;
  count: number;
  ranges: Record<string, [number, number]>;
  scales: Record<string, [number, number]>;
}

const { cases }: { cases: Recorded[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../fixtures/quantize/ranges.json"), "utf8"),
);

/** As tests/fixtures/quantize/ranges.py makes them. */
function numbers({ count, kind }: Recorded): Float32Array {
  const draw = (place: number, seed: number) => {
    const hashed = Number((BigInt(place) * 2654435761n + BigInt(seed * 40503)) % 2n ** 32n);
    return (hashed ^ (hashed >>> 13)) & 0xffffff;
  };
  return Float32Array.from({ length: count }, (_, place) => {
    let x = (draw(place, 1) + draw(place, 2) + draw(place, 3) - 1.5 * 2 ** 24) / 2 ** 22;
    if (kind === "tail" && place % 997 === 0) x *= 8;
    if (kind === "relu") x = Math.max(x, 0) * (place % 1999 === 0 ? 4 : 1);
    return x;
  });
}

/** Hands numbers over in pieces, small ones first: ranges have to grow. */
function inPieces(data: Float32Array): Observe {
  return async (_, [name], see) => {
    const sorted = [...data].sort((a, b) => Math.abs(a) - Math.abs(b));
    for (let at = 0; at < sorted.length; at += 7_001) {
      const piece = Float32Array.from(sorted.slice(at, at + 7_001));
      see(name as string, { dtype: "float32", shape: [piece.length], data: piece });
    }
  };
}

describe.each(cases)("numbers of the kind $kind", (recorded) => {
  const data = numbers(recorded);
  const nothing = build(17, (b) => b.output(b.input("x", "float32", [1])));
  const reach = 2 ** Math.ceil(Math.log2(data.reduce((most, each) => Math.max(most, Math.abs(each)), 0)));
  const bin = (2 * reach) / BINS;

  test.each([
    ["minmax", "minmax", 0],
    ["entropy", "entropy", 1e-6],
    ["percentile", "percentile 99.999", bin],
  ] as const)("%s finds the range that onnxruntime's calibrator finds", async (method, name, most) => {
    const [low, high] = recorded.ranges[name] as [number, number];
    const found = (await rangesOf(nothing, new Map([["x", null]]), inPieces(data), method)).get("x");
    expect(Math.abs((found?.low ?? Number.NaN) - low)).toBeLessThanOrEqual(most);
    expect(Math.abs((found?.high ?? Number.NaN) - high)).toBeLessThanOrEqual(most);
  });

  test("another percentile cuts as much off", () => {
    const histogram = createHistogram();
    addTo(histogram, data, reach);
    const { low, high } = percentileRange(histogram.counts, histogram.reach, 99);
    const [least, most] = recorded.ranges["percentile 99.0"] as [number, number];
    expect(
      Math.max(Math.abs(Math.max(low, Math.min(...data)) - least), Math.abs(high - most)),
    ).toBeLessThanOrEqual(bin);
  });

  test.each(Object.keys(recorded.ranges))("%s: scale and zero point are the same", (name) => {
    const [low, high] = recorded.ranges[name] as [number, number];
    const [scale, zero] = recorded.scales[name] as [number, number];
    expect(scaleOf({ low, high })).toEqual({ scale, zero });
  });
});

test("a histogram that grew holds what one of the right size holds", () => {
  const data = numbers({ kind: "tail", count: 20_000, ranges: {}, scales: {} });
  const [grown, whole] = [createHistogram(), createHistogram()];
  for (let at = 0; at < data.length; at += 500) {
    const piece = data.subarray(at, at + 500);
    addTo(
      grown,
      piece,
      piece.reduce((most, each) => Math.max(most, Math.abs(each)), 0),
    );
  }
  addTo(whole, data, grown.reach);
  expect(grown).toEqual(whole);
});

/** Samples for the input x, by the runtime. */
function samplesOf(feeds: readonly Tensors[]): Observe {
  return async (model, names, see) => {
    const known = new Set(model.graph.outputs.map(({ name }) => name));
    const more = names.filter((name) => model.graph.values.get(name)?.producer && !known.has(name));
    const bytes = Buffer.concat([await bytesOfModel(model), moreOutputs(more.map((name) => ({ name })))]);
    const session = await openSession(bytes);
    for (const each of feeds) {
      const answers: Tensors = { ...each, ...(await runSession(session, each)) };
      for (const name of names) if (answers[name]) see(name, answers[name]);
    }
    await session.release();
  };
}

function picture(seed: number, shape: readonly number[]): Tensors {
  let state = seed;
  const count = shape.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.3;
  });
  return { x: { dtype: "float32", shape: [...shape], data } };
}

/** Operators of the graph that the runtime makes of a model, in their order. */
async function optimized(model: Model): Promise<string[]> {
  const path = join(emptyFolder(), "optimized.onnx");
  const session = await openSession(await bytesOfModel(model), {
    graphOptimizationLevel: "all",
    optimizedModelFilePath: path,
  });
  await session.release();
  const source = await openModelSource(path);
  const found = ops(await openModel(source));
  await source.close();
  return found;
}

interface Net {
  readonly name: string;
  readonly shape: readonly number[];
  fill(b: Builder): void;
  /** What the runtime makes of it, without what only moves numbers between layouts. */
  readonly kernels: readonly string[];
}

const pads = attribute.ints([1, 1, 1, 1]);

const NETS: readonly Net[] = [
  {
    name: "convolutions with Relu and Clip, a residual sum, pooling and a product",
    shape: [1, 4, 16, 16],
    fill(b) {
      const x = b.input("x", "float32", [1, 4, 16, 16]);
      const first = b.node("Relu", [
        b.node("Conv", [x, b.weights([8, 4, 3, 3]), b.weights([8], 2)], { pads }),
      ]);
      const deep = b.node("Conv", [first, b.weights([8, 1, 3, 3], 3), b.weights([8], 4)], {
        pads,
        group: attribute.int(8),
      });
      const clipped = b.node("Clip", [
        deep,
        b.constant("float32", [], [0]),
        b.constant("float32", [], [0.5]),
      ]);
      const sum = b.node("Relu", [b.node("Add", [clipped, first])]);
      const small = b.node("MaxPool", [sum], {
        kernel_shape: attribute.ints([2, 2]),
        strides: attribute.ints([2, 2]),
      });
      const both = b.node("Concat", [small, b.node("Sigmoid", [small])], { axis: attribute.int(1) });
      const flat = b.node("Reshape", [b.node("GlobalAveragePool", [both]), b.ints(1, 16)]);
      b.output(b.node("Softmax", [b.node("Gemm", [flat, b.weights([16, 10], 5), b.weights([10], 6)])]));
    },
    kernels: [
      ...["QuantizeLinear", "QLinearConv", "QLinearConv", "QLinearAdd", "NhwcMaxPool", "QLinearSigmoid"],
      ...["QLinearConcat", "QLinearGlobalAveragePool", "QGemm", "Softmax"],
    ],
  },
  {
    name: "products with sums, between normalisations",
    shape: [2, 5, 32],
    fill(b) {
      const x = b.input("x", "float32", ["n", 5, 32]);
      const hidden = b.node("Add", [b.node("MatMul", [x, b.weights([32, 64])]), b.weights([64], 2)]);
      const product = b.node("MatMul", [b.node("Tanh", [hidden]), b.weights([64, 32], 3)]);
      const scale = b.constant("float32", [32], Array(32).fill(1));
      b.output(b.node("LayerNormalization", [b.node("Add", [product, x]), scale]));
    },
    kernels: [
      ...["QuantizeLinear", "MatMulIntegerToFloat", "Add", "Tanh"],
      ...["QuantizeLinear", "MatMulIntegerToFloat", "SkipLayerNormalization"],
    ],
  },
];

const LAYOUT = new Set(["Transpose", "Reshape", "DequantizeLinear", "Squeeze"]);

describe.each(NETS)("$name", ({ shape, fill, kernels }) => {
  const make = () => build(17, fill);
  const samples = [1, 2, 3, 4, 5, 6].map((seed) => picture(seed, shape));
  const options: StaticOptions = { observe: samplesOf(samples) };

  test.each(["minmax", "entropy", "percentile"] as const)("%s answers nearly as before", async (method) => {
    const model = make();
    const report = await quantize(model, () => quantizeStatic("int8", { ...options, method }));
    expect(report.left).toEqual([]);
    for (const feeds of [samples[0] as Tensors, picture(9, shape)]) {
      const [a, b] = [await answersOf(make(), feeds), await answersOf(model, feeds)].map(
        (each) => Object.values(each)[0],
      );
      expect(b?.shape).toEqual(a?.shape);
      expect(apart(a?.data as Float32Array, b?.data as Float32Array)).toBeLessThan(
        method === "entropy" ? 0.15 : 0.05,
      );
    }
  });

  test("the runtime makes integer kernels of it", async () => {
    const model = make();
    await quantize(model, () => quantizeStatic("int8", options));
    const found = await optimized(model);
    expect(found.filter((op) => !LAYOUT.has(op)).sort()).toEqual([...kernels].sort());
  });
});

test("biases that would not fit 32 bits are kept, with weights of next to nothing too", async () => {
  const make = () =>
    build(17, (b) => {
      const w = b.weights([4, 3, 1, 1]);
      const data = Float32Array.from({ length: 12 }, (_, i) => (i < 3 ? 0 : i < 6 ? 1e-12 : 0.25));
      w.constant = constantTensor({ dtype: "float32", shape: [4, 3, 1, 1], data }, "the test");
      const bias = b.constant("float32", [4], [0.3, 1.5, -0.75, 0]);
      b.output(b.node("Conv", [b.input("x", "float32", [1, 3, 4, 4]), w, bias]));
    });
  const feeds = picture(3, [1, 3, 4, 4]);
  const model = make();
  await quantize(model, () => quantizeStatic("int8", { observe: samplesOf([feeds]) }));
  const [a, b] = [await answersOf(make(), feeds), await answersOf(model, feeds)].map(
    (each) => Object.values(each)[0]?.data as Float32Array,
  );
  const step = 2.5 / 255;
  for (let i = 0; i < (a?.length ?? 0); i++)
    expect(Math.abs((a?.[i] ?? 0) - (b?.[i] ?? 9))).toBeLessThan(2 * step);
});

test.each([
  ["a product", [8, 512], 512, (b: Builder, x: Value) => b.node("MatMul", [x, b.weights([512, 8])])],
  [
    "a Gemm",
    [8, 512],
    512,
    (b: Builder, x: Value) =>
      b.node("Gemm", [x, b.weights([8, 512]), b.weights([8], 2)], { transB: attribute.int(1) }),
  ],
  [
    "a convolution of groups",
    [4, 64, 2, 2],
    128,
    (b: Builder, x: Value) =>
      b.node("Conv", [x, b.weights([8, 32, 2, 2]), b.weights([8], 2)], { group: attribute.int(2) }),
  ],
] as const)(
  "%s: what rounding weights moves on average, the bias takes back",
  async (name, shape, terms, add) => {
    const make = () =>
      build(17, (b) => {
        const result = add(b, b.input("x", "float32", shape));
        b.output(name === "a product" ? b.node("Add", [result, b.weights([8], 3)]) : result);
      });
    // All around 1: the rounding of weights adds up.
    const samples = [1, 2, 3, 4].map((seed) => {
      const { x } = picture(seed, shape) as { x: Tensor };
      return { x: { ...x, data: (x.data as Float32Array).map((each) => 1 + 0.2 * each) } } as Tensors;
    });
    const model = make();
    await quantize(model, () => quantizeStatic("int8", { observe: samplesOf(samples) }));
    const sums = new Float64Array(8);
    let count = 0;
    for (const feeds of samples) {
      const [a, b] = [await answersOf(make(), feeds), await answersOf(model, feeds)].map(
        (each) => Object.values(each)[0]?.data as Float32Array,
      );
      for (let i = 0; i < (a?.length ?? 0); i++)
        sums[i % 8] = (sums[i % 8] ?? 0) + (b?.[i] ?? 0) - (a?.[i] ?? 0);
      count += (a?.length ?? 0) / 8;
    }
    // Weights are rounded by 0.29 of a step on average, and as many of them are summed as there are terms.
    const unbound = (0.5 / 127) * 0.29 * Math.sqrt(terms);
    const moved = Math.sqrt(sums.reduce((sum, each) => sum + (each / count) ** 2, 0) / 8);
    expect(moved).toBeLessThan(unbound / 4);
  },
);

test("what was seen to be infinite, stands in a branch or has no integer kernel stays, and is told of", async () => {
  const model = build(17, (b) => {
    const x = b.input("x", "float32", [1, 4, 8, 8]);
    const inner = (seed: number) =>
      b.subgraph(`branch${seed}`, (branch) => {
        branch.output(branch.node("Conv", [x, branch.weights([2, 4, 1, 1], seed)]));
      });
    const condition = b.constant("bool", [], [1]);
    b.output(b.node("If", [condition], { then_branch: inner(3), else_branch: inner(4) }));
    const infinite = b.node("Div", [x, b.constant("float32", [], [0])]);
    b.output(b.node("Conv", [infinite, b.weights([2, 4, 1, 1])]));
    b.output(b.node("ConvTranspose", [x, b.weights([4, 2, 1, 1])]));
  });
  const before = ops(model);
  const report = await quantize(model, () =>
    quantizeStatic("int8", { observe: samplesOf([picture(1, [1, 4, 8, 8])]) }),
  );
  expect(ops(model)).toEqual(before);
  expect(report.left.map(({ reason, count }) => [reason, count]).sort()).toEqual([
    ["it stands in a branch, a body or a function, whose values are not seen", 2],
    ["the runtime has no transposed convolution of whole numbers", 1],
    ["what it is given or gives was not seen to be finite numbers", 1],
  ]);
});
