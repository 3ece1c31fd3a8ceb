// float16: the runtime takes what is written and answers nearly as before; Casts stand only where both types meet.
import { describe, expect, test } from "vitest";
import { attribute, checkModel } from "../../../src/model/graph/index.ts";
import { fromHalf, type Model, toHalf } from "../../../src/model/index.ts";
import { halfTensor } from "../../../src/model/passes/half/tensor.ts";
import { halfPrecision, runPasses } from "../../../src/model/passes/index.ts";
import type { Tensors } from "../../../src/model/tensor/index.ts";
import { feedsOf } from "./answers.ts";
import { type Builder, build, ops } from "./build.ts";
import { expectSound, quiet } from "./invariants.ts";
import { answersOf, apart, bytesOf, quantize, tensor, torn } from "./quantize/made.ts";

test("every number is rounded to the nearest half, ties to even", async () => {
  const numbers = [
    0,
    -0,
    1,
    -1,
    1 / 3,
    65_504,
    65_519,
    65_520,
    1e9,
    -3.4e38,
    Infinity,
    -Infinity,
    Number.NaN,
  ];
  for (let bits = 0; bits < 0x7c00; bits += 7) {
    const [low, high] = [fromHalf(bits), fromHalf(bits + 1)];
    numbers.push(low, (low + high) / 2, (low * 3 + high) / 4, -(low + high * 3) / 4);
  }
  const data = Float32Array.from(numbers);
  const most = 0x7bff;
  const expected = Uint16Array.from(data, (value) => {
    const half = toHalf(value);
    return Number.isFinite(value) && (half & 0x7fff) === 0x7c00 ? (half & 0x8000) | most : half;
  });
  const content = tensor(data, [data.length]);
  for (const each of [content, torn(content, 1_001)]) {
    const half = halfTensor(each);
    const bytes = await bytesOf(half, 333);
    expect(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)).toEqual(expected);
    expect((await half.read()).data).toEqual(expected);
  }
});

async function expectNear(make: () => Model, given: Tensors = {}, most = 0.005): Promise<Model> {
  const feeds = { ...feedsOf(make(), 11), ...given };
  const before = await answersOf(make(), feeds);
  const model = make();
  await quantize(model, () => halfPrecision("fp16"));
  expect((await checkModel(model)).filter(({ severity }) => severity === "error")).toEqual([]);
  const after = await answersOf(model, feeds);
  for (const [name, a] of Object.entries(before)) {
    const b = after[name];
    expect([b?.dtype, b?.shape], name).toEqual([a.dtype, a.shape]);
    const isFloat = a.dtype === "float32";
    if (isFloat) expect(apart(a.data as Float32Array, b?.data as Float32Array), name).toBeLessThan(most);
    else expect(b?.data, name).toEqual(a.data);
  }
  return model;
}

const net = (fill: (b: Builder) => void, opset = 17) => build(opset, fill);

test("a net of convolutions and products: a Cast at each end", async () => {
  const model = await expectNear(() =>
    net((b) => {
      const x = b.input("x", "float32", [1, 3, 8, 8]);
      const conv = b.node("Relu", [b.node("Conv", [x, b.weights([4, 3, 3, 3]), b.weights([4], 2)])]);
      const flat = b.node("Flatten", [
        b.node("MaxPool", [conv], { kernel_shape: attribute.ints([2, 2]), strides: attribute.ints([2, 2]) }),
      ]);
      const gemm = b.node("Gemm", [flat, b.weights([36, 10], 3), b.weights([10], 4)]);
      b.output(b.node("Softmax", [gemm]));
    }),
  );
  expect(ops(model)).toEqual(["Cast", "Conv", "Relu", "MaxPool", "Flatten", "Gemm", "Softmax", "Cast"]);
  expect([...model.graph.values.values()].flatMap(({ constant }) => constant?.dtype ?? [])).toEqual(
    Array(4).fill("float16"),
  );
});

test("what is only moved is moved as it is, and is cast once for all that read it", async () => {
  const model = await expectNear(() =>
    net((b) => {
      const x = b.input("x", "float32", [2, 8]);
      const moved = b.node("Transpose", [b.node("Reshape", [x, b.ints(4, 4)])]);
      b.output(b.node("Relu", [b.node("MatMul", [moved, b.weights([4, 4])])]));
      b.output(b.node("MatMul", [moved, b.weights([4, 4], 2)]));
      b.output(b.node("Identity", [moved]));
    }),
  );
  expect(ops(model)).toEqual([
    ...["Reshape", "Transpose", "Cast", "MatMul", "Relu", "Cast", "MatMul", "Cast", "Identity"],
  ]);
});

test("a normalisation that is written out keeps its squares and its epsilon", async () => {
  const model = await expectNear(() =>
    net((b) => {
      const x = b.input("x", "float32", [2, 16]);
      const wide = b.node("Mul", [x, b.constant("float32", [], [600])]);
      const mean = b.node("ReduceMean", [wide], { axes: attribute.ints([-1]) });
      const apartFromIt = b.node("Sub", [wide, mean]);
      const square = b.node("Pow", [apartFromIt, b.constant("float32", [], [2])]);
      const variance = b.node("ReduceMean", [square], { axes: attribute.ints([-1]) });
      const root = b.node("Sqrt", [b.node("Add", [variance, b.constant("float32", [], [1e-12])])]);
      b.output(b.node("Div", [apartFromIt, root]));
    }),
  );
  const kept = [...model.graph.values.values()].filter(({ constant }) => constant?.dtype === "float32");
  expect(kept).toHaveLength(2);
});

test.each([-3.4028234663852886e38, -1e9, -Infinity])("a mask of %d hides what it hid", async (never) => {
  const ids = {
    dtype: "int64",
    shape: [2, 6],
    data: BigInt64Array.from([1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1], BigInt),
  };
  await expectNear(
    () =>
      net((b) => {
        const mask = b.input("mask", "int64", [2, 6]);
        const scores = b.input("scores", "float32", [2, 6]);
        const hidden = b.node("Equal", [mask, b.constant("int64", [], [0])]);
        const chosen = b.node("Where", [hidden, b.constant("float32", [], [never]), scores]);
        b.output(b.node("Softmax", [chosen]));
        if (never === -Infinity) return;
        const one = b.constant("float32", [], [1]);
        const inverse = b.node("Sub", [one, b.node("Cast", [mask], { to: attribute.int(1) })]);
        const added = b.node("Add", [scores, b.node("Mul", [inverse, b.constant("float32", [], [never])])]);
        b.output(b.node("Softmax", [added]));
      }),
    { mask: ids as Tensors[string] },
  );
});

test("what needs float32 has it: numbers that do not fit, resizing, unknown operators", async () => {
  const make = () =>
    net((b) => {
      const x = b.input("x", "float32", [1, 1, 4, 4]);
      const empty = b.constant("float32", [0], []);
      const scales = b.constant("float32", [4], [1, 1, 2, 2]);
      const wide = b.node("Resize", [b.node("Relu", [x]), empty, scales]);
      const clipped = b.node("Clip", [
        wide,
        b.constant("float32", [], [-3e38]),
        b.constant("float32", [], [3e38]),
      ]);
      const padded = b.node("Pad", [
        clipped,
        b.ints(0, 0, 1, 1, 0, 0, 1, 1),
        b.constant("float32", [], [0.5]),
      ]);
      const large = b.node("Mul", [padded, b.constant("float32", [], [1e6])]);
      b.output(b.node("Mul", [large, b.constant("float32", [], [1e-6])]));
      b.output(
        b.node("Range", [
          b.constant("float32", [], [0]),
          b.constant("float32", [], [3000]),
          b.constant("float32", [], [1]),
        ]),
      );
    });
  const model = make();
  const report = await quantize(model, () => halfPrecision("fp16"));
  expect(report.left.map(({ reason, names }) => [reason, names])).toEqual([
    ["its places and lengths are not exact in float16", ["resize"]],
    ["a constant of it is beyond 65504, the largest number of float16", ["mul"]],
    ["a constant of it is too small for float16", ["mul_1"]],
    ["it is defined in float32 alone", ["range"]],
  ]);
  await expectNear(make);
});

test("branches and bodies take and give float32, and compute in float16 inside", async () => {
  const make = () =>
    net((b) => {
      const x = b.input("x", "float32", [2, 8]);
      const w = b.weights([8, 8]);
      const hidden = b.node("MatMul", [x, w]);
      const inner = (seed: number) =>
        b.subgraph(`branch${seed}`, (branch) => {
          branch.output(branch.node("Relu", [branch.node("MatMul", [hidden, branch.weights([8, 8], seed)])]));
        });
      const chosen = b.node("If", [b.constant("bool", [], [1])], {
        then_branch: inner(3),
        else_branch: inner(4),
      });
      const loop = b.subgraph("body", (body) => {
        body.input("i", "int64", []);
        const condition = body.input("condition", "bool", []);
        const state = body.input("state", "float32", [2, 8]);
        body.output(body.node("Identity", [condition]), "bool");
        body.output(body.node("MatMul", [state, w]));
      });
      b.output(b.node("Loop", [b.constant("int64", [], [2]), null, chosen], { body: loop }));
    });
  const model = await expectNear(make);
  const weights = [...model.graph.values.values()].filter(({ constant }) => constant?.shape.length === 2);
  expect(weights.map(({ constant }) => constant?.dtype)).toEqual(["float16"]);
});

test("weights that are float16 already are used as they are; what stands between quantised tensors stays", async () => {
  const model = await expectNear(
    () =>
      net((b) => {
        const x = b.input("x", "float32", [2, 8]);
        const w = b.node("Cast", [b.weights([8, 8], 3, "float16")], { to: attribute.int(1) });
        const product = b.node("MatMul", [x, w]);
        const scale = b.constant("float32", [], [0.01]);
        const zero = b.constant("int8", [], [0]);
        const whole = b.node("QuantizeLinear", [product, scale, zero]);
        const back = b.node("Relu", [b.node("DequantizeLinear", [whole, scale, zero])]);
        b.output(b.node("DequantizeLinear", [b.node("QuantizeLinear", [back, scale, zero]), scale, zero]));
      }),
    {},
    0.02,
  );
  expect(ops(model)).toEqual([
    ...[
      "Cast",
      "MatMul",
      "Cast",
      "QuantizeLinear",
      "DequantizeLinear",
      "Relu",
      "QuantizeLinear",
      "DequantizeLinear",
    ],
  ]);
});

test("an output that is read too, one that is an input, and constants that a caller may replace", async () => {
  await expectNear(() =>
    net((b) => {
      const x = b.input("x", "float32", [2, 8]);
      const w = b.weights([8, 8]);
      b.graph.inputs.push(w);
      const product = b.node("MatMul", [x, w]);
      b.output(product);
      b.output(b.node("Relu", [product]));
      b.output(b.node("ReduceMean", [product]));
      b.output(x);
    }),
  );
});

describe("--io fp16", () => {
  test("inputs and outputs are float16, read and given in whatever way", async () => {
    const make = () =>
      net((b) => {
        const x = b.input("x", "float32", [2, 8]);
        const product = b.node("MatMul", [x, b.weights([8, 8])]);
        b.output(product);
        b.output(b.node("ReduceMean", [product], { axes: attribute.ints([1]) }));
        b.output(b.node("ReduceSum", [x, b.ints(1)]));
        b.output(b.node("Relu", [product]));
      });
    const feeds = feedsOf(make(), 11);
    const before = await answersOf(make(), feeds);
    const model = make();
    const { graph } = model;
    await runPasses(model, [halfPrecision("fp16", { io: "float16" })], quiet, { maxRounds: 1 });
    expectSound(model);
    const types = [...graph.inputs, ...graph.outputs].map(
      ({ type }) => type?.kind === "tensor" && type.dtype,
    );
    expect(types).toEqual(Array(5).fill("float16"));
    const x = { ...feeds.x, dtype: "float16", data: Uint16Array.from(feeds.x?.data as Float32Array, toHalf) };
    const after = await answersOf(model, { x } as Tensors);
    for (const [name, a] of Object.entries(before)) {
      expect(after[name]?.dtype).toBe("float16");
      const numbers = Array.from(after[name]?.data as Uint16Array, fromHalf);
      expect(apart(a.data as Float32Array, numbers), name).toBeLessThan(0.005);
    }
  });
});
