// Transpositions that meet others behind nodes that work in either layout.
import { describe, expect, test } from "vitest";
import { type Attribute, attribute, type Value } from "../../../src/model/graph/index.ts";
import { SEED } from "../../seed.ts";
import { type Builder, build, ops } from "./build.ts";
import { fingerprint } from "./invariants.ts";
import { expectLaidOut } from "./layout-check.ts";
import { drawLayouts } from "./layout-draw.ts";

const { int, ints, string } = attribute;

const first = (b: Builder, x: Value) => b.node("Transpose", [x], { perm: ints([0, 3, 1, 2]) });
const last = (b: Builder, x: Value) => b.node("Transpose", [x], { perm: ints([0, 2, 3, 1]) });

/** A convolution as a converter that knows no layouts writes it. */
function conv(b: Builder, x: Value, from: number, to: number, seed: number): Value {
  return last(b, b.node("Conv", [first(b, x), b.weights([to, from, 1, 1], seed)]));
}

test("a net with its channels last is transposed when it begins and when it ends", async () => {
  const model = build(17, (b) => {
    const x = b.input("x", "float32", ["n", 6, 4, 3]);
    const stem = b.node("Relu", [b.node("Add", [conv(b, x, 3, 8, 1), b.weights([8])])]);
    const padded = b.node("Pad", [stem, b.ints(0, 1, 0, 0, 0, 1, 0, 0)]);
    const cut = b.node("Slice", [padded, b.ints(1), b.ints(7), b.ints(1)]);
    const residual = b.node("Add", [stem, conv(b, cut, 8, 8, 2)]);
    const gate = b.node("Sigmoid", [
      conv(b, b.node("ReduceMean", [residual], { axes: ints([1, 2]), keepdims: int(1) }), 8, 8, 3),
    ]);
    const joined = b.node("Concat", [b.node("Mul", [residual, gate]), stem], { axis: int(3) });
    b.output(b.node("Softmax", [conv(b, joined, 16, 5, 4)], { axis: int(-1) }));
  });
  expect(await expectLaidOut(model, "a net")).toEqual([8, 2]);
  expect(ops(model).at(0)).toBe("Transpose");
  expect(model.graph.outputs[0]?.name).toMatch(/^softmax/);
});

describe("nodes between a transposition and its inverse", () => {
  const shape = [2, 3, 4, 5];
  const byAxis = (op: string, axis: number) => (b: Builder, x: Value) => b.node(op, [x], { axis: int(axis) });
  const cases: Record<string, (b: Builder, x: Value) => Value> = {
    Relu: (b, x) => b.node("Relu", [x]),
    Clip: (b, x) => b.node("Clip", [x, b.constant("float32", [], [0]), b.constant("float32", [], [1])]),
    "Add of a vector": (b, x) => b.node("Add", [x, b.weights([3])]),
    "Mul of a number": (b, x) => b.node("Mul", [b.constant("float32", [1], [2]), x]),
    "Add of itself": (b, x) => b.node("Add", [x, b.node("Neg", [x])]),
    PRelu: (b, x) => b.node("PRelu", [x, b.weights([1, 1, 3])]),
    Softmax: byAxis("Softmax", -1),
    LogSoftmax: byAxis("LogSoftmax", 1),
    Concat: (b, x) => b.node("Concat", [x, x], { axis: int(-2) }),
    Split: (b, x) =>
      b.node("Concat", b.nodes("Split", [x, b.ints(1, 2)], 2, { axis: int(3) }), { axis: int(3) }),
    Gather: (b, x) => b.node("Gather", [x, b.ints(2, 0)], { axis: int(1) }),
    Pad: (b, x) => b.node("Pad", [x, b.ints(0, 1, 2, 0, 0, 0, 1, 0)], { mode: string("edge") }),
    "Pad along axes": (b, x) => b.node("Pad", [x, b.ints(1, 2), null, b.ints(-1)]),
    Slice: (b, x) => b.node("Slice", [x, b.ints(0, 1), b.ints(1, 3)]),
    "Slice along axes": (b, x) => b.node("Slice", [x, b.ints(1), b.ints(3), b.ints(-2)]),
    Tile: (b, x) => b.node("Tile", [x, b.ints(1, 2, 1, 3)]),
    Resize: (b, x) =>
      b.node("Resize", [x, null, null, b.ints(7, 8)], { axes: ints([1, 2]), mode: string("linear") }),
    ReduceMean: (b, x) => b.node("ReduceMean", [x, b.ints(1, 2)], { keepdims: int(1) }),
    ArgMax: (b, x) => b.node("Cast", [b.node("ArgMax", [x], { axis: int(3) })], { to: int(1) }),
    "Squeeze, Unsqueeze": (b, x) => b.node("Squeeze", [b.node("Unsqueeze", [x, b.ints(2)]), b.ints(-3)]),
    "Reshape that takes out and puts in": (b, x) =>
      b.node("Reshape", [b.node("Reshape", [x, b.ints(2, 4, 1, 5, 3)]), b.ints(2, 4, 5, 3)]),
    "QuantizeLinear along an axis": (b, x) => {
      const scale = b.constant("float32", [3], [0.01, 0.02, 0.03]);
      const zero = b.constant("int8", [3], [0, 0, 0]);
      const axis: Record<string, Attribute> = { axis: int(-1) };
      return b.node(
        "DequantizeLinear",
        [b.node("QuantizeLinear", [x, scale, zero], axis), scale, zero],
        axis,
      );
    },
  };
  test.each(Object.entries(cases))("%s", async (_, step) => {
    const model = build(19, (b) => {
      const x = b.node("Abs", [b.input("x", "float32", shape)]);
      b.output(b.node("Neg", [first(b, step(b, last(b, x)))]));
    });
    expect(await expectLaidOut(model, "between")).toEqual([2, 0]);
  });
});

test("axes that go take their part of the transposition with them", async () => {
  const model = build(19, (b) => {
    const x = last(b, b.input("x", "float32", ["n", 3, 4, 5]));
    const rows = b.node("ReduceMax", [x, b.ints(1)], { keepdims: int(0) });
    b.output(b.node("Transpose", [rows], { perm: ints([0, 2, 1]) }));
  });
  expect(await expectLaidOut(model, "axes")).toEqual([2, 0]);
});

test("convolutions along one axis, which are some along two with one of length 1, meet without any", async () => {
  const along = (b: Builder, x: Value, from: number, to: number, length: number, seed: number) => {
    const rows = b.node("Unsqueeze", [b.node("Transpose", [x], { perm: ints([0, 2, 1]) }), b.ints(1)]);
    const made = last(b, b.node("Conv", [first(b, rows), b.weights([to, from, 1, 1], seed)]));
    const flat = b.node("Reshape", [made, b.ints(-1, length, to)]);
    return b.node("Transpose", [flat], { perm: ints([0, 2, 1]) });
  };
  const model = build(17, (b) => {
    const x = b.input("x", "float32", ["n", 2, 6]);
    const y = along(b, b.node("Pad", [x, b.ints(0, 0, 1, 0, 0, 1)]), 2, 4, 8, 1);
    b.output(b.node("Neg", [along(b, b.node("Relu", [y]), 4, 3, 8, 2)]));
  });
  expect(await expectLaidOut(model, "one axis")).toEqual([8, 0]);
});

test("only axes of length 1 are moved by reshaping", async () => {
  const model = build(17, (b) => {
    const x = b.input("x", "float32", ["n", 3, 1, 1]);
    b.output(b.node("Neg", [last(b, b.node("Abs", [last(b, b.node("Relu", [x]))]))]));
  });
  expect(await expectLaidOut(model, "units")).toEqual([2, 0]);
});

/** What a detector says of each place of a map, several times: [N, C, H, W] as rows of so many numbers. */
function head(b: Builder, x: Value, channels: number, row: number, seed: number): Value {
  const made = last(b, b.node("Conv", [x, b.weights([channels, 3, 1, 1], seed)]));
  return b.node("Reshape", [made, b.ints(0, -1, row)]);
}

describe("what is transposed and joined is joined first", () => {
  const maps = (b: Builder) =>
    [5, 3, 2, 4].map((length, i) => b.input(`x${i}`, "float32", ["n", 3, length, length + 1]));

  test("rows of a detector, whose neighbours have as many channels", async () => {
    const model = build(17, (b) => {
      const channels = [4, 12, 12, 12];
      const rows = maps(b).map((x, i) => b.node("Sigmoid", [head(b, x, channels[i] as number, 4, i + 1)]));
      b.output(b.node("Concat", rows, { axis: int(1) }));
    });
    expect(await expectLaidOut(model, "rows")).toEqual([4, 2]);
    expect(model.graph.outputs[0]?.name).toMatch(/^concat/);
  });

  test("all of them, along the last axis and quantised together", async () => {
    const model = build(19, (b) => {
      const [scale, zero] = [b.constant("float32", [], [0.01]), b.constant("uint8", [], [128])];
      const rows = maps(b).map((x, i) => {
        const stored = b.node("QuantizeLinear", [
          b.node("Conv", [x, b.weights([6, 3, 1, 1], i + 1)]),
          scale,
          zero,
        ]);
        const flat = b.node("Reshape", [last(b, stored), b.ints(0, -1)]);
        return b.node("DequantizeLinear", [flat, b.constant("float32", [], [0.01 * (i + 1)]), zero]);
      });
      const whole = b.node("QuantizeLinear", [b.node("Concat", rows, { axis: int(-1) }), scale, zero]);
      b.output(b.node("DequantizeLinear", [whole, scale, zero]));
    });
    expect(await expectLaidOut(model, "quantised")).toEqual([4, 1]);
    const names = ops(model);
    expect(names[names.indexOf("Concat") + 1]).toBe("QuantizeLinear");
  });

  test("not what somebody else reads, nor rows that end within a place", async () => {
    const model = build(17, (b) => {
      const [x, y, z] = maps(b) as [Value, Value, Value];
      const rows = [head(b, x, 12, 4, 1), head(b, y, 12, 4, 2)];
      b.output(b.node("Concat", rows, { axis: int(1) }));
      for (const each of rows) b.output(each);
      const across = [y, z].map((each, i) => b.node("Reshape", [head(b, each, 5, 5, i), b.ints(1, -1, 2)]));
      b.output(b.node("Concat", across, { axis: int(1) }));
    });
    const before = ops(model);
    await expectLaidOut(model, "not these", undefined);
    expect(ops(model)).toEqual(before);
  });
});

describe("what stays", () => {
  test("a transposition that somebody needs is made once", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [1, 3, 4, 5]);
      const y = last(b, x);
      b.output(b.node("MatMul", [y, b.weights([3, 3])]));
      const z = b.node("Relu", [y]);
      b.output(b.node("MatMul", [z, b.weights([3, 3])]));
      b.output(first(b, z));
    });
    expect(await expectLaidOut(model, "needed")).toEqual([2, 2]);
  });

  test("nothing moves where nothing is gained", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [1, 3, 4, 5]);
      const parts = b.nodes("Split", [last(b, x), b.ints(1, 2)], 2, { axis: int(3) });
      for (const part of parts) b.output(b.node("Relu", [part]));
    });
    const before = ops(model);
    await expectLaidOut(model, "nothing");
    expect(ops(model)).toEqual(before);
  });

  test("an input that is transposed back keeps its name at the output", async () => {
    const model = build(17, (b) => {
      b.output(first(b, last(b, b.input("x", "float32", [1, 3, 4, 5]))));
    });
    await expectLaidOut(model, "an input");
    expect(ops(model)).toEqual(["Identity"]);
  });

  test("what a branch reads is there for it", async () => {
    const model = build(17, (b) => {
      const y = b.node("Relu", [last(b, b.input("x", "float32", [1, 3, 4, 5]))]);
      const branch = (op: string) => b.subgraph(op, (inner) => inner.output(inner.node(op, [y])));
      const yes = b.node("Cast", [b.node("ReduceMax", [y], { keepdims: int(0) })], { to: int(9) });
      b.output(b.node("If", [yes], { then_branch: branch("Neg"), else_branch: branch("Abs") }));
      b.output(first(b, y));
    });
    await expectLaidOut(model, "a branch");
  });
});

test("a graph in which more would be left, by what was not foreseen, stays as it was", async () => {
  // Found among 11,000 drawn graphs: four had one more after some round.
  const model = drawLayouts(20_262_232);
  const text = fingerprint(model);
  expect(await expectLaidOut(model, "an unforeseen one")).toEqual([5, 5]);
  expect(fingerprint(model)).toBe(text);
});

test("random graphs keep their answers", async () => {
  const seed = SEED;
  const totals = [0, 0];
  for (let i = 0; i < 40; i++) {
    const [before, after] = await expectLaidOut(drawLayouts(seed + i), `seed ${seed + i}`);
    totals[0] = (totals[0] as number) + before;
    totals[1] = (totals[1] as number) + after;
  }
  expect(totals[1], `from seed ${seed}`).toBeLessThan((totals[0] as number) * 0.8);
});
