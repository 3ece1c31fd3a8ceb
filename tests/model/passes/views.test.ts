// What only arranges elements anew: reshapes, transpositions, slices, joins, reductions and casts that follow each other.
import { describe, expect, test } from "vitest";
import { attribute, type Value } from "../../../src/model/graph/index.ts";
import { expectSimplified } from "./answers.ts";
import { type Builder, build, ops } from "./build.ts";

const { int, ints } = attribute;

type Step = (b: Builder, x: Value) => Value;

async function remaining(step: Step, shape: readonly (string | number)[], opset = 17): Promise<string[]> {
  const model = build(opset, (b) => {
    b.output(b.node("Abs", [step(b, b.node("Neg", [b.input("x", "float32", shape)]))]));
  });
  await expectSimplified(model, { exact: true, lengths: { n: 2, m: 3 } });
  return ops(model).slice(1, -1);
}

describe("views become one", () => {
  const steps: Record<string, [Step, readonly (string | number)[], string[]]> = {
    "Reshape of Reshape": [
      (b, x) => b.node("Reshape", [b.node("Reshape", [x, b.ints(0, -1)]), b.ints(-1, 10, 6)]),
      ["n", 3, 4, 5],
      ["Reshape"],
    ],
    "Reshape that copies from one that is gone": [
      (b, x) => b.node("Reshape", [b.node("Reshape", [x, b.ints(-1, 12)]), b.ints(0, 3, 4)]),
      ["n", 12],
      ["Reshape"],
    ],
    "Flatten of Squeeze": [
      (b, x) => b.node("Flatten", [b.node("Squeeze", [x, b.ints(-1)])]),
      ["n", 3, 4, 1],
      ["Reshape"],
    ],
    "Squeeze, Unsqueeze, Reshape": [
      (b, x) =>
        b.node("Reshape", [
          b.node("Unsqueeze", [b.node("Squeeze", [x, b.ints(1)]), b.ints(0)]),
          b.ints(6, -1),
        ]),
      ["n", 1, 3],
      ["Reshape"],
    ],
    "two lengths that are copied": [
      (b, x) => b.node("Squeeze", [b.node("Unsqueeze", [x, b.ints(2, 3)]), b.ints(2)]),
      ["n", "m"],
      ["Reshape"],
    ],
    "two lengths that cannot be written": [
      (b, x) => b.node("Flatten", [b.node("Unsqueeze", [x, b.ints(0)])], { axis: int(2) }),
      ["n", "m", 2],
      ["Unsqueeze", "Flatten"],
    ],
    "a view that somebody else reads": [
      (b, x) => {
        const flat = b.node("Flatten", [x]);
        return b.node("Add", [b.node("ReduceSum", [flat], { keepdims: int(0) }), b.node("Squeeze", [flat])]);
      },
      [1, 3, 4],
      ["Flatten", "ReduceSum", "Squeeze", "Add"],
    ],
  };
  test.each(Object.entries(steps))("%s", async (_, [step, shape, left]) => {
    const found = await remaining(step, shape);
    expect(found.sort()).toEqual([...left].sort());
  });
});

describe("transpositions", () => {
  const perm = (...axes: number[]) => ({ perm: ints(axes) });
  test("three become one", async () => {
    const step: Step = (b, x) => {
      const once = b.node("Transpose", [x], perm(0, 2, 3, 1));
      return b.node("Transpose", [b.node("Transpose", [once], perm(3, 2, 1, 0))], perm(1, 0, 3, 2));
    };
    expect(await remaining(step, ["n", 3, 4, 5])).toEqual(["Transpose"]);
  });

  test("around a convolution and beside it", async () => {
    const step: Step = (b, x) => {
      const first = b.node("Transpose", [x], perm(0, 3, 1, 2));
      const conv = b.node("Conv", [first, b.weights([6, 3, 1, 1])]);
      const back = b.node("Transpose", [conv], perm(0, 2, 3, 1));
      const again = b.node("Transpose", [back], perm(0, 3, 1, 2));
      return b.node("Conv", [again, b.weights([2, 6, 1, 1])]);
    };
    expect(await remaining(step, ["n", 4, 5, 3])).toEqual(["Transpose", "Conv", "Conv"]);
  });
});

describe("reductions", () => {
  test.each([
    ["ReduceMean", 17],
    ["ReduceMax", 18],
    ["ReduceSum", 13],
    ["ReduceL2", 11],
  ])("%s of opset %i keeps its axes itself", async (op, opset) => {
    const step: Step = (b, x) => {
      const byInput = opset >= 18 || (op === "ReduceSum" && opset >= 13);
      const reduced = byInput
        ? b.node(op, [x, b.ints(1, -1)], { keepdims: int(0) })
        : b.node(op, [x], { axes: ints([1, -1]), keepdims: int(0) });
      return opset >= 13
        ? b.node("Unsqueeze", [reduced, b.ints(3, 1)])
        : b.node("Unsqueeze", [reduced], { axes: ints([3, 1]) });
    };
    expect(await remaining(step, ["n", 3, 4, 5], opset)).toEqual([op]);
  });

  test("and drop them", async () => {
    const step: Step = (b, x) =>
      b.node("Squeeze", [b.node("ReduceMean", [x], { axes: ints([2, 3]) }), b.ints(2, 3)]);
    expect(await remaining(step, ["n", 3, 4, 5])).toEqual(["ReduceMean"]);
  });

  test("but not others", async () => {
    const step: Step = (b, x) =>
      b.node("Unsqueeze", [b.node("ReduceMean", [x], { axes: ints([1]), keepdims: int(0) }), b.ints(2)]);
    expect(await remaining(step, ["n", 3, 4, 5])).toEqual(["ReduceMean", "Unsqueeze"]);
  });

  const twice = (
    op: string,
    first: number,
    second: number,
    keeps: [number, number],
    byInput: boolean,
  ): Step => {
    const one = (b: Builder, x: Value, axis: number, keepdims: number) =>
      byInput
        ? b.node(op, [x, b.ints(axis)], { keepdims: int(keepdims) })
        : b.node(op, [x], { axes: ints([axis]), keepdims: int(keepdims) });
    return (b, x) => one(b, one(b, x, first, keeps[0]), second, keeps[1]);
  };

  test.each([
    ["ReduceMax", 9, 3, 2, 0, false],
    ["ReduceMin", 18, 1, 1, 0, true],
    ["ReduceMax", 17, 0, -1, 0, false],
    ["ReduceMax", 13, -1, -1, 1, false],
    ["ReduceMin", 20, 2, 1, 1, true],
  ] as const)(
    "%s of another one is one, opset %i, axes %i and %i, keepdims %i",
    async (op, opset, first, second, keeps, byInput) => {
      const step = twice(op, first, second, [keeps, keeps], byInput);
      expect(await remaining(step, ["n", 3, 4, 5], opset)).toEqual([op]);
    },
  );

  test.each([
    ["ReduceSum", 13, true],
    ["ReduceSum", 11, false],
    ["ReduceMean", 17, false],
    ["ReduceL1", 18, true],
    ["ReduceL2", 17, false],
    ["ReduceLogSumExp", 17, false],
  ] as const)("%s of opset %i too, within rounding", async (op, opset, byInput) => {
    const model = build(opset, (b) => {
      b.output(twice(op, 3, 2, [0, 0], byInput)(b, b.input("x", "float32", ["n", 3, 4, 5])));
    });
    await expectSimplified(model, { lengths: { n: 2 } });
    expect(ops(model)).toEqual([op]);
  });

  test.each([
    ["one keeps its axes and one does not", twice("ReduceMax", 3, 2, [1, 0], false), 2],
    ["squares are squared", twice("ReduceSumSquare", 3, 2, [0, 0], false), 2],
    [
      "another reads the first",
      ((b, x) => {
        const first = b.node("ReduceMax", [x], { axes: ints([3]), keepdims: int(0) });
        const second = b.node("ReduceMax", [first], { axes: ints([2]), keepdims: int(0) });
        return b.node("Add", [second, b.node("ReduceMin", [first], { axes: ints([2]), keepdims: int(0) })]);
      }) as Step,
      4,
    ],
  ])("are two where %s", async (_, step, left) => {
    expect(await remaining(step, ["n", 3, 4, 5])).toHaveLength(left);
  });

  test("are two of whole numbers whose mean is cut off", async () => {
    const model = build(17, (b) => {
      const mean = twice("ReduceMean", 3, 2, [0, 0], false)(b, b.input("x", "int32", ["n", 3, 4, 5]));
      b.output(mean, "int32");
    });
    await expectSimplified(model, { exact: true, lengths: { n: 2 } });
    expect(ops(model)).toEqual(["ReduceMean", "ReduceMean"]);
  });
});

describe("slices and joins", () => {
  test("along other axes are one", async () => {
    const step: Step = (b, x) => {
      const rows = b.node("Slice", [x, b.ints(1), b.ints(3), b.ints(2)]);
      return b.node("Slice", [rows, b.ints(-1), b.ints(-9), b.ints(-1), b.ints(-2)]);
    };
    expect(await remaining(step, ["n", 3, 4, 5])).toEqual(["Slice"]);
  });

  test("along other axes are one for each reader, where none of them needs the first", async () => {
    const corner = (b: Builder, rows: Value, start: number) =>
      b.node("Slice", [rows, b.ints(start), b.ints(9), b.ints(3), b.ints(2)]);
    const corners: Step = (b, x) => {
      const rows = b.node("Slice", [x, b.ints(1), b.ints(9), b.ints(2), b.ints(2)]);
      return b.node("Concat", [corner(b, rows, 0), corner(b, rows, 1)], { axis: int(3) });
    };
    expect(await remaining(corners, ["n", 3, 4, 6])).toEqual(["Slice", "Slice", "Concat"]);
    const needed: Step = (b, x) => {
      const rows = b.node("Slice", [x, b.ints(1), b.ints(9), b.ints(2), b.ints(2)]);
      return b.node("Concat", [corner(b, rows, 0), rows], { axis: int(3) });
    };
    expect(await remaining(needed, ["n", 3, 4, 6])).toEqual(["Slice", "Slice", "Concat"]);
  });

  test("along the same axis are two", async () => {
    const step: Step = (b, x) => {
      const rows = b.node("Slice", [x, b.ints(1), b.ints(4), b.ints(2)]);
      return b.node("Slice", [rows, b.ints(0), b.ints(2), b.ints(-2)]);
    };
    expect(await remaining(step, ["n", 3, 4, 5])).toEqual(["Slice", "Slice"]);
  });

  test("in opset 9, with attributes", async () => {
    const slice = (axis: number) => ({ starts: ints([1]), ends: ints([9]), axes: ints([axis]) });
    const step: Step = (b, x) => b.node("Slice", [b.node("Slice", [x], slice(1))], slice(2));
    expect(await remaining(step, ["n", 3, 4], 9)).toEqual(["Slice"]);
  });

  test("a Concat of a Concat", async () => {
    const step: Step = (b, x) => {
      const pair = b.node("Concat", [x, b.node("Exp", [x])], { axis: int(-1) });
      return b.node("Concat", [b.node("Sin", [x]), pair], { axis: int(1) });
    };
    expect(await remaining(step, [2, 3])).toEqual(["Exp", "Sin", "Concat"]);
  });
});

describe("casts", () => {
  test.each([
    ["widened twice", "uint8", 6, 1, ["Cast"]],
    ["widened and back", "int32", 7, 6, []],
    ["halves to doubles", "float16", 1, 11, ["Cast"]],
    ["narrowed and back", "int32", 3, 6, ["Cast", "Cast"]],
    ["floats to whole numbers by way of doubles", "float32", 11, 7, ["Cast", "Cast"]],
  ])("%s", async (_, dtype, first, second, left) => {
    const model = build(17, (b) => {
      const x = b.node("Transpose", [b.input("x", dtype as "uint8", [2, 3])]);
      const twice = b.node("Cast", [b.node("Cast", [x], { to: int(first) })], { to: int(second) });
      const names: Record<number, string> = { 1: "float32", 6: "int32", 7: "int64", 11: "float64" };
      b.output(b.node("Transpose", [twice]), names[second] as "float32");
    });
    await expectSimplified(model, { exact: true });
    expect(ops(model).filter((op) => op === "Cast")).toEqual(left);
  });
});

test("attributes that are the caller's of a function are not known in it", async () => {
  const model = build(17, (b) => {
    const x = b.input("x", "float32", [2, 3, 3]);
    b.output(b.node("Turned", [x], { perm: ints([2, 0, 1]), axis: int(0) }, "local"));
    b.output(b.node("Turned", [x], { perm: ints([0, 2, 1]), axis: int(2) }, "local"));
  });
  const body = build(17, (b) => {
    const x = b.input("x", "float32", null);
    const turned = b.node("Transpose", [x], { perm: { kind: "reference", value: "perm" } });
    const again = b.node("Transpose", [b.node("Identity", [turned])], { perm: ints([1, 0, 2]) });
    const pair = b.node("Concat", [again, b.node("Neg", [again])], {
      axis: { kind: "reference", value: "axis" },
    });
    b.graph.outputs.push(b.node("Concat", [pair, pair], { axis: int(1) }));
  });
  for (const input of body.graph.inputs) input.type = null;
  const opsets = new Map([["", 17]]);
  const attributes = ["perm", "axis"];
  model.functions.push({
    domain: "local",
    name: "Turned",
    overload: "",
    opsets,
    attributes,
    graph: body.graph,
  });
  model.opsets.set("local", 1);
  await expectSimplified(model, { exact: true });
  expect(ops(body)).toEqual(["Transpose", "Transpose", "Neg", "Concat", "Concat"]);
});
