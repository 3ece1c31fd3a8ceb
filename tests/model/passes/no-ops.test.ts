// Nodes that leave their input as it is. What stays is as important as what goes.
import { describe, expect, test } from "vitest";
import { attribute, type Value } from "../../../src/model/graph/index.ts";
import { expectSimplified } from "./answers.ts";
import { type Builder, build, ops } from "./build.ts";

const { float, int, ints, string } = attribute;

type Step = (b: Builder, x: Value) => Value;

/** A model around one node: a Relu before it and an Abs after it, so that neither input nor output is in its way. */
async function remaining(
  step: Step,
  { opset = 17, dtype = "float32", shape = ["n", 3, 4, 5] as (string | number)[] } = {},
): Promise<string[]> {
  const model = build(opset, (b) => {
    const x = b.input("x", dtype as "float32", shape);
    const start = dtype === "bool" ? b.node("Not", [x]) : b.node("Neg", [x]);
    const y = step(b, start);
    b.output(dtype === "bool" ? b.node("Not", [y]) : b.node("Abs", [y]), dtype as "float32");
  });
  await expectSimplified(model, { exact: true });
  return ops(model).slice(1, -1);
}

describe("goes", () => {
  const steps: Record<string, Step> = {
    Identity: (b, x) => b.node("Identity", [x]),
    Dropout: (b, x) => b.node("Dropout", [x, b.constant("float32", [], [0.3])]),
    Cast: (b, x) => b.node("Cast", [x], { to: int(1) }),
    Transpose: (b, x) => b.node("Transpose", [x], { perm: ints([0, 1, 2, 3]) }),
    "Transpose twice": (b, x) =>
      b.node("Transpose", [b.node("Transpose", [x], { perm: ints([0, 2, 3, 1]) })], {
        perm: ints([0, 3, 1, 2]),
      }),
    "Transpose reversed twice": (b, x) => b.node("Transpose", [b.node("Transpose", [x])]),
    Reshape: (b, x) => b.node("Reshape", [x, b.ints(0, 3, 4, 5)]),
    "Reshape with -1": (b, x) => b.node("Reshape", [x, b.ints(-1, 3, 4, 5)]),
    "Reshape there and back": (b, x) =>
      b.node("Reshape", [b.node("Reshape", [x, b.ints(0, 60)]), b.ints(-1, 3, 4, 5)]),
    "Unsqueeze and Squeeze": (b, x) =>
      b.node("Squeeze", [b.node("Unsqueeze", [x, b.ints(1, -1)]), b.ints(5, 1)]),
    Expand: (b, x) => b.node("Expand", [x, b.ints(1, 3, 1, 5)]),
    Tile: (b, x) => b.node("Tile", [x, b.ints(1, 1, 1, 1)]),
    "Slice of everything": (b, x) => b.node("Slice", [x, b.ints(0), b.ints(2 ** 40), b.ints(2)]),
    "Slice to the length": (b, x) => b.node("Slice", [x, b.ints(0, 0), b.ints(3, 5), b.ints(1, 3)]),
    "Concat of one": (b, x) => b.node("Concat", [x], { axis: int(1) }),
    Pad: (b, x) => b.node("Pad", [x, b.ints(0, 0, 0, 0, 0, 0, 0, 0)]),
    "Split into one": (b, x) => b.node("Split", [x, b.ints(3)], { axis: int(1) }),
    "Sum of one": (b, x) => b.node("Sum", [x]),
    "Mean of one": (b, x) => b.node("Mean", [x]),
    "Max of one": (b, x) => b.node("Max", [x]),
    "MaxPool of one": (b, x) => b.node("MaxPool", [x], { kernel_shape: ints([1, 1]) }),
    "AveragePool of one": (b, x) => b.node("AveragePool", [x], { kernel_shape: ints([1, 1]) }),
    "Resize by 1": (b, x) =>
      b.node("Resize", [x, null, b.constant("float32", [4], [1, 1, 1, 1])], { mode: string("linear") }),
    "times 1": (b, x) => b.node("Mul", [x, b.constant("float32", [1, 1], [1])]),
    "1 times": (b, x) => b.node("Mul", [b.constant("float32", [], [1]), x]),
    "times 1s": (b, x) => b.node("Mul", [x, b.constant("float32", [5], [1, 1, 1, 1, 1])]),
    "by 1": (b, x) => b.node("Div", [x, b.constant("float32", [1], [1])]),
    "minus 0": (b, x) => b.node("Sub", [x, b.constant("float32", [], [0])]),
    "plus -0": (b, x) => b.node("Add", [b.constant("float32", [], [-0]), x]),
    "to the power of 1": (b, x) => b.node("Pow", [x, b.constant("float32", [], [1])]),
    "Neg Neg": (b, x) => b.node("Neg", [b.node("Neg", [x])]),
    "Where is one anyway": (b, x) => b.node("Where", [b.node("Less", [x, x]), x, x]),
  };
  test.each(Object.entries(steps))("%s", async (_, step) => {
    expect(await remaining(step)).toEqual([]);
  });

  test.each([
    ["Clip of whole numbers without bounds", (b, x) => b.node("Clip", [x]), "int32"],
    ["plus 0 of whole numbers", (b, x) => b.node("Add", [x, b.constant("int32", [], [0])]), "int32"],
    ["And true", (b, x) => b.node("And", [x, b.constant("bool", [], [1])]), "bool"],
    ["Or false", (b, x) => b.node("Or", [b.constant("bool", [1], [0]), x]), "bool"],
    ["Not Not", (b, x) => b.node("Not", [b.node("Not", [x])]), "bool"],
  ] as [string, Step, string][])("%s", async (_, step, dtype) => {
    // Not after Not is none: the model around it is one of Nots too.
    expect((await remaining(step, { dtype })).filter((op) => op !== "Not")).toEqual([]);
  });
});

describe("stays", () => {
  const steps: Record<string, [Step, string[]]> = {
    "Dropout that trains": [
      (b, x) => b.node("Dropout", [x, b.constant("float32", [], [0]), b.constant("bool", [], [1])]),
      ["Dropout"],
    ],
    "Cast to another type and back": [
      (b, x) => b.node("Cast", [b.node("Cast", [x], { to: int(10) })], { to: int(1) }),
      ["Cast", "Cast"],
    ],
    "plus 0, which turns -0 into 0": [(b, x) => b.node("Add", [x, b.constant("float32", [], [0])]), ["Add"]],
    "0 minus": [(b, x) => b.node("Sub", [b.constant("float32", [], [0]), x]), ["Sub"]],
    "1 by": [(b, x) => b.node("Div", [b.constant("float32", [], [1]), b.node("Exp", [x])]), ["Exp", "Div"]],
    "times 1 that stretches": [
      (b, x) => b.node("Mul", [x, b.constant("float32", [1, 1, 1, 1, 1], [1])]),
      ["Mul"],
    ],
    "Clip of floats, which makes infinity finite": [(b, x) => b.node("Clip", [x]), ["Clip"]],
    "Slice backwards": [
      (b, x) => b.node("Slice", [x, b.ints(-1), b.ints(-9), b.ints(1), b.ints(-1)]),
      ["Slice"],
    ],
    "Expand by a new axis": [(b, x) => b.node("Expand", [x, b.ints(1, 1, 1, 1, 1)]), ["Expand"]],
    "Resize that crops": [
      (b, x) =>
        b.node(
          "Resize",
          [
            x,
            b.constant("float32", [8], [0, 0, 0.2, 0.2, 1, 1, 0.8, 0.8]),
            b.constant("float32", [4], [1, 1, 1, 1]),
          ],
          { mode: string("linear"), coordinate_transformation_mode: string("tf_crop_and_resize") },
        ),
      ["Resize"],
    ],
    "Relu, LeakyRelu": [
      (b, x) => b.node("Relu", [b.node("LeakyRelu", [x], { alpha: float(1) })]),
      ["LeakyRelu", "Relu"],
    ],
  };
  test.each(Object.entries(steps))("%s", async (_, [step, left]) => {
    expect(await remaining(step)).toEqual(left);
  });
});

describe("is done once", () => {
  test.each(["Relu", "Floor", "Ceil", "Round", "Sign"])("%s", async (op) => {
    expect(await remaining((b, x) => b.node(op, [b.node(op, [b.node(op, [x])])]))).toEqual([op]);
  });

  test("Clip between the same bounds", async () => {
    const step: Step = (b, x) => {
      const bounds = [b.constant("float32", [], [-1]), b.constant("float32", [], [2])];
      return b.node("Clip", [b.node("Clip", [x, ...bounds]), ...bounds]);
    };
    expect(await remaining(step)).toEqual(["Clip"]);
  });
});
