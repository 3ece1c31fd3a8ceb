// What is folded into the weights of convolutions and products of matrices.
import { describe, expect, test } from "vitest";
import { attribute, type Value } from "../../../src/model/graph/index.ts";
import { expectSimplified } from "./answers.ts";
import { type Builder, build, ops } from "./build.ts";

const { float, int, ints, string } = attribute;

function batchNorm(b: Builder, x: Value, channels: number, more: Record<string, never> = {}): Value {
  const variance = Array.from({ length: channels }, (_, i) => 0.5 + i / channels);
  return b.node(
    "BatchNormalization",
    [
      x,
      b.weights([channels], 5),
      b.weights([channels], 6),
      b.weights([channels], 7),
      b.constant("float32", [channels], variance),
    ],
    { epsilon: float(1e-3), ...more },
  );
}

async function remaining(
  step: (b: Builder, x: Value) => Value,
  shape: readonly (string | number)[],
  opset = 17,
): Promise<string[]> {
  const model = build(opset, (b) => {
    b.output(step(b, b.input("x", "float32", shape)));
  });
  await expectSimplified(model);
  return ops(model);
}

describe("batch normalisation", () => {
  test.each([
    ["a convolution", (b, x) => b.node("Conv", [x, b.weights([6, 4, 3, 3])]), ["n", 4, 7, 7]],
    ["one with a bias", (b, x) => b.node("Conv", [x, b.weights([6, 4, 3]), b.weights([6], 2)]), ["n", 4, 7]],
    [
      "one of groups",
      (b, x) => b.node("Conv", [x, b.weights([6, 2, 3, 3])], { group: int(2), pads: ints([1, 1, 1, 1]) }),
      ["n", 4, 7, 7],
    ],
    [
      "a transposed convolution of groups",
      (b, x) => b.node("ConvTranspose", [x, b.weights([4, 3, 2, 2]), b.weights([6], 2)], { group: int(2) }),
      ["n", 4, 5, 5],
    ],
    ["a Gemm", (b, x) => b.node("Gemm", [x, b.weights([4, 6]), b.weights([1, 6], 2)]), ["n", 4]],
    [
      "one transposed, without C",
      (b, x) => b.node("Gemm", [x, b.weights([6, 4])], { transB: int(1), alpha: float(0.5) }),
      ["n", 4],
    ],
  ] as [string, (b: Builder, x: Value) => Value, (string | number)[]][])(
    "into %s",
    async (_, linear, shape) => {
      expect(await remaining((b, x) => batchNorm(b, linear(b, x), 6), shape)).toHaveLength(1);
    },
  );

  test("of doubles", async () => {
    const model = build(17, (b) => {
      const gemm = b.node("Gemm", [b.input("x", "float64", [1, 2]), b.weights([2, 3], 1, "float64")]);
      const channel = (seed: number) => b.weights([3], seed, "float64");
      const one = b.constant("float64", [3], [1, 2, 3]);
      b.output(b.node("BatchNormalization", [gemm, channel(2), channel(3), channel(4), one]), "float64");
    });
    await expectSimplified(model);
    expect(ops(model)).toEqual(["Gemm"]);
  });

  test("stays where the weights are somebody else's too, or the output is", async () => {
    const shared = await remaining(
      (b, x) => {
        const weights = b.weights([4, 4, 1, 1]);
        return b.node("Conv", [batchNorm(b, b.node("Conv", [x, weights]), 4), weights]);
      },
      [1, 4, 5, 5],
    );
    expect(shared).toEqual(["Conv", "BatchNormalization", "Conv"]);
    const read = await remaining(
      (b, x) => {
        const conv = b.node("Conv", [x, b.weights([4, 4, 1, 1])]);
        return b.node("Mul", [batchNorm(b, conv, 4), conv]);
      },
      [1, 4, 5, 5],
    );
    expect(read).toEqual(["Conv", "BatchNormalization", "Mul"]);
  });

  test("stays after a product of more than two axes, whose columns are not axis 1", async () => {
    expect(
      await remaining((b, x) => batchNorm(b, b.node("MatMul", [x, b.weights([4, 4])]), 3), ["n", 3, 4]),
    ).toEqual(["MatMul", "BatchNormalization"]);
  });

  test("weights larger than a piece are scaled as they are streamed", async () => {
    const ops = await remaining(
      (b, x) => batchNorm(b, b.node("Conv", [x, b.weights([1024, 1031, 1, 1])]), 1024),
      [1, 1031, 1, 2],
    );
    expect(ops).toEqual(["Conv"]);
  });
});

describe("arithmetic by channel", () => {
  const conv = (b: Builder, x: Value) => b.node("Conv", [x, b.weights([6, 4, 3, 3])]);
  const shape = ["n", 4, 7, 7];
  const perChannel = (b: Builder) => b.constant("float32", [6, 1, 1], [1, -2, 3, 0.5, 5, 6]);
  test.each([
    ["plus", (b, x) => b.node("Add", [perChannel(b), conv(b, x)])],
    ["minus", (b, x) => b.node("Sub", [conv(b, x), perChannel(b)])],
    ["from", (b, x) => b.node("Sub", [perChannel(b), conv(b, x)])],
    ["times", (b, x) => b.node("Mul", [conv(b, x), perChannel(b)])],
    ["by", (b, x) => b.node("Div", [conv(b, x), perChannel(b)])],
    ["times a number", (b, x) => b.node("Mul", [b.constant("float32", [], [3]), conv(b, x)])],
    [
      "all of them",
      (b, x) => {
        const scaled = b.node("Mul", [conv(b, x), perChannel(b)]);
        const moved = b.node("Add", [scaled, b.constant("float32", [1, 6, 1, 1], [1, 2, 3, 4, 5, 6])]);
        return batchNorm(b, b.node("Div", [moved, b.constant("float32", [1], [3])]), 6);
      },
    ],
  ] as [string, (b: Builder, x: Value) => Value][])("%s", async (_, step) => {
    expect(await remaining(step, shape)).toEqual(["Conv"]);
  });

  test.each([
    ["by column", (b, x) => b.node("Add", [conv(b, x), b.constant("float32", [5], [1, 2, 3, 4, 5])])],
    ["with a new axis", (b, x) => b.node("Mul", [conv(b, x), b.constant("float32", [1, 1, 1, 1, 1], [2])])],
    ["divided", (b, x) => b.node("Div", [b.constant("float32", [], [2]), conv(b, x)])],
    ["by zero", (b, x) => b.node("Div", [conv(b, x), b.constant("float32", [], [0])])],
    ["infinite", (b, x) => b.node("Mul", [conv(b, x), b.constant("float32", [], [Infinity])])],
  ] as [string, (b: Builder, x: Value) => Value][])("%s, it stays", async (_, step) => {
    expect(await remaining(step, shape)).toHaveLength(2);
  });

  test("zeros are added to a product without a bias, other numbers stay a sum", async () => {
    const sum = (numbers: number[]) =>
      remaining(
        (b, x) =>
          b.node("Add", [b.constant("float32", [3], numbers), b.node("MatMul", [x, b.weights([4, 3])])]),
        ["n", 2, 4],
      );
    expect(await sum([0, 0, -0])).toEqual(["MatMul"]);
    expect(await sum([0, 0, 1])).toEqual(["MatMul", "Add"]);
    const difference = await remaining(
      (b, x) =>
        b.node("Sub", [b.constant("float32", [3], [0, 0, 0]), b.node("MatMul", [x, b.weights([4, 3])])]),
      ["n", 2, 4],
    );
    expect(difference).toEqual(["MatMul"]);
  });

  test("zeros that are added to anything else are told of, since they make 0 of -0", async () => {
    const model = build(17, (b) => {
      const zeros = b.constant("float32", [3], [0, 0, 0]);
      b.output(b.node("Add", [b.node("Neg", [b.input("x", "float32", ["n", 3])]), zeros]));
    });
    const { notes } = await expectSimplified(model, { exact: true });
    expect(ops(model)).toEqual(["Neg", "Add"]);
    expect([...new Set(notes)]).toEqual(["one sum with zeros stays (Add): with them −0 becomes 0"]);
  });

  test("columns of a product of three axes", async () => {
    expect(
      await remaining(
        (b, x) => b.node("Mul", [b.node("MatMul", [x, b.weights([4, 3])]), b.weights([3], 9)]),
        ["n", 2, 4],
      ),
    ).toEqual(["MatMul"]);
  });
});

describe("a product before a convolution", () => {
  const kept = async (step: (b: Builder, x: Value) => Value) => remaining(step, ["n", 4, 7, 7]);
  const by = (b: Builder, shape: number[]) => b.weights(shape, 9);

  test.each([
    ["one factor", (b, x) => b.node("Mul", [x, b.constant("float32", [], [0.25])])],
    ["one divisor", (b, x) => b.node("Div", [x, b.constant("float32", [1], [255])])],
    ["one for each channel", (b, x) => b.node("Mul", [by(b, [4, 1, 1]), x])],
    ["a divisor for each channel", (b, x) => b.node("Div", [x, by(b, [1, 4, 1, 1])])],
  ] as [string, (b: Builder, x: Value) => Value][])("%s is in the weights", async (_, scaled) => {
    expect(
      await kept((b, x) =>
        b.node("Conv", [scaled(b, x), b.weights([6, 2, 3, 3]), b.weights([6], 2)], {
          group: int(2),
          pads: ints([1, 1, 1, 1]),
        }),
      ),
    ).toEqual(["Conv"]);
  });

  test.each([
    ["a sum, of which the border has no part", (b, x) => b.node("Add", [x, by(b, [1])])],
    ["a factor for each column", (b, x) => b.node("Mul", [x, by(b, [7])])],
    ["what divides the input", (b, x) => b.node("Div", [by(b, [1]), x])],
    [
      "a factor of 0, which makes a number of what is none",
      (b, x) => b.node("Mul", [x, b.constant("float32", [], [0])]),
    ],
  ] as [string, (b: Builder, x: Value) => Value][])("stays where it is %s", async (_, scaled) => {
    expect(
      await kept((b, x) =>
        b.node("Conv", [scaled(b, x), b.weights([6, 4, 3, 3])], { pads: ints([1, 1, 1, 1]) }),
      ),
    ).toHaveLength(2);
  });

  test("stays where somebody else reads it, or the weights, or it stretches the input", async () => {
    const read = await kept((b, x) => {
      const scaled = b.node("Mul", [x, by(b, [1])]);
      return b.node("Add", [
        b.node("GlobalAveragePool", [b.node("Conv", [scaled, b.weights([4, 4, 1, 1])])]),
        b.node("Exp", [scaled]),
      ]);
    });
    expect(read).toContain("Mul");
    const shared = await kept((b, x) => {
      const weights = b.weights([4, 4, 1, 1]);
      return b.node("Conv", [b.node("Mul", [b.node("Conv", [x, weights]), by(b, [1])]), weights]);
    });
    expect(shared).toContain("Mul");
    const stretched = await remaining(
      (b, x) => b.node("Conv", [b.node("Mul", [x, by(b, [4, 1, 1])]), b.weights([6, 4, 3, 3])]),
      ["n", 1, 7, 7],
    );
    expect(stretched).toContain("Mul");
  });
});

describe("products of matrices", () => {
  test.each([
    [
      "MatMul and Add",
      (b, x) => b.node("Add", [b.node("MatMul", [x, b.weights([4, 3])]), b.weights([3], 9)]),
      ["Gemm"],
    ],
    [
      "Add and MatMul",
      (b, x) => b.node("Add", [b.weights([1, 3], 9), b.node("MatMul", [x, b.weights([4, 3])])]),
      ["Gemm"],
    ],
    [
      "MatMul and an Add that stretches it",
      (b, x) => b.node("Add", [b.node("MatMul", [x, b.weights([4, 3])]), b.weights([2, 2, 3], 9)]),
      ["MatMul", "Add"],
    ],
    [
      "a transposition",
      (b, x) => b.node("MatMul", [b.node("Transpose", [x]), b.node("Neg", [x])]),
      ["Neg", "Gemm"],
    ],
    [
      "two transpositions in a Gemm",
      (b, x) => {
        const turned = b.node("Transpose", [x], { perm: ints([1, 0]) });
        return b.node("Gemm", [turned, turned], { transA: int(1) });
      },
      ["Gemm"],
    ],
    [
      "a bias of its own",
      (b, x) =>
        b.node("Add", [
          b.node("Gemm", [x, b.node("Neg", [x])], { transB: int(1), alpha: float(2) }),
          b.node("ReduceMax", [x], { axes: ints([1]) }),
        ]),
      ["Neg", "ReduceMax", "Gemm"],
    ],
  ] as [string, (b: Builder, x: Value) => Value, string[]][])("%s", async (_, step, left) => {
    expect((await remaining(step, [2, 4])).sort()).toEqual(left.sort());
  });
});

describe("borders", () => {
  const pad = (b: Builder, x: Value, value: number | null = null, pads = [0, 0, 1, 2, 0, 0, 3, 1]) =>
    b.node("Pad", [x, b.ints(...pads), value === null ? null : b.constant("float32", [], [value])]);
  const pool = (b: Builder, op: string, x: Value, more = {}) =>
    b.node(op, [x], { kernel_shape: ints([4, 4]), ...more });
  test.each([
    [
      "into a convolution",
      (b, x) => b.node("Conv", [pad(b, x), b.weights([2, 3, 3, 3])], { pads: ints([1, 0, 0, 1]) }),
      ["Conv"],
    ],
    [
      "into one without padding",
      (b, x) => b.node("Conv", [pad(b, x, 0), b.weights([2, 3, 3, 3])], { auto_pad: string("VALID") }),
      ["Conv"],
    ],
    [
      "not into one that pads as it must",
      (b, x) => b.node("Conv", [pad(b, x), b.weights([2, 3, 3, 3])], { auto_pad: string("SAME_UPPER") }),
      ["Pad", "Conv"],
    ],
    ["not ones", (b, x) => b.node("Conv", [pad(b, x, 1), b.weights([2, 3, 3, 3])]), ["Pad", "Conv"]],
    [
      "not of channels",
      (b, x) => b.node("Conv", [pad(b, x, 0, [0, 1, 0, 0, 0, 0, 1, 1]), b.weights([2, 4, 3, 3])]),
      ["Pad", "Conv"],
    ],
    [
      "not inwards",
      (b, x) => b.node("Conv", [pad(b, x, 0, [0, 0, -1, 0, 0, 0, 1, 1]), b.weights([2, 3, 3, 3])]),
      ["Pad", "Conv"],
    ],
    ["into an average that counts none", (b, x) => pool(b, "AveragePool", pad(b, x)), ["AveragePool"]],
    [
      "into an average that counts them",
      (b, x) =>
        pool(b, "AveragePool", pad(b, x, 0, [0, 0, 0, 0, 0, 0, 1, 1]), {
          count_include_pad: int(1),
          pads: ints([1, 1, 1, 1]),
        }),
      ["AveragePool"],
    ],
    [
      "not into one that pads and counts none",
      (b, x) => pool(b, "AveragePool", pad(b, x), { pads: ints([1, 1, 1, 1]) }),
      ["Pad", "AveragePool"],
    ],
    ["not zeros into a maximum", (b, x) => pool(b, "MaxPool", pad(b, x)), ["Pad", "MaxPool"]],
    ["the smallest into a maximum", (b, x) => pool(b, "MaxPool", pad(b, x, -Infinity)), ["MaxPool"]],
    [
      "not wider than the kernel",
      (b, x) => pool(b, "MaxPool", pad(b, x, -Infinity, [0, 0, 4, 0, 0, 0, 4, 0])),
      ["Pad", "MaxPool"],
    ],
  ] as [string, (b: Builder, x: Value) => Value, string[]][])("%s", async (_, step, left) => {
    expect(await remaining(step, ["n", 3, 6, 6])).toEqual(left);
  });
});
