// Sequences and optional values that are built and taken apart in one graph.
import { expect, test } from "vitest";
import { attribute, type Value } from "../../../src/model/graph/index.ts";
import { expectSimplified, simplify } from "./answers.ts";
import { type Builder, build, ops } from "./build.ts";

const { int } = attribute;

type Step = (b: Builder, x: Value, y: Value) => Value;

async function remaining(step: Step, dtype: "float32" | "int64" | "bool" = "float32"): Promise<string[]> {
  const model = build(18, (b) => {
    const [x, y] = [b.input("x", "float32", ["n", 3]), b.input("y", "float32", ["m", 3])];
    const result = step(b, b.node("Neg", [x]), b.node("Exp", [y]));
    b.output(b.node(dtype === "bool" ? "Not" : "Abs", [result]), dtype);
  });
  await expectSimplified(model, { exact: true, lengths: { n: 2, m: 4 } });
  return ops(model);
}

const at = (b: Builder, place: number, dtype: "int32" | "int64" = "int64") => b.constant(dtype, [], [place]);
const pair: Step = (b, x, y) => b.node("SequenceConstruct", [x, y]);

test.each([
  ["the second", (b, x, y) => b.node("SequenceAt", [pair(b, x, y), at(b, 1)]), ["Exp", "Abs"]],
  [
    "the first, from the end",
    (b, x, y) => b.node("SequenceAt", [pair(b, x, y), at(b, -2, "int32")]),
    ["Neg", "Abs"],
  ],
  [
    "what was put in at the end",
    (b, x, y) => b.node("SequenceAt", [b.node("SequenceInsert", [pair(b, x, x), y]), at(b, 2)]),
    ["Exp", "Abs"],
  ],
  [
    "what was put in before the last",
    (b, x, y) => b.node("SequenceAt", [b.node("SequenceInsert", [pair(b, x, x), y, at(b, -1)]), at(b, 1)]),
    ["Exp", "Abs"],
  ],
  [
    "what is left where the last was taken out",
    (b, x, y) => b.node("SequenceAt", [b.node("SequenceErase", [pair(b, x, y)]), at(b, -1)]),
    ["Neg", "Abs"],
  ],
  [
    "what is left where the first was taken out",
    (b, x, y) => b.node("SequenceAt", [b.node("SequenceErase", [pair(b, x, y), at(b, 0)]), at(b, 0)]),
    ["Exp", "Abs"],
  ],
  [
    "parts that are joined",
    (b, x, y) => b.node("ConcatFromSequence", [pair(b, x, y)], { axis: int(0), new_axis: int(0) }),
    ["Neg", "Exp", "Concat", "Abs"],
  ],
  [
    "what an optional value holds",
    (b, x) => b.node("OptionalGetElement", [b.node("Optional", [x])]),
    ["Neg", "Abs"],
  ],
] as [string, Step, string[]][])("%s is read where it was before", async (_, step, left) => {
  expect(await remaining(step)).toEqual(left);
});

test("how many there are, and whether there is one, are constants", async () => {
  const length: Step = (b, x, y) => b.node("SequenceLength", [b.node("SequenceInsert", [pair(b, x, y), x])]);
  const has: Step = (b, x) => b.node("OptionalHasElement", [b.node("Optional", [x])]);
  // What is computed of constants alone is folded, up to the output's own node.
  expect(await remaining(length, "int64")).not.toContain("SequenceLength");
  expect(await remaining(has, "bool")).not.toContain("OptionalHasElement");
});

test.each([
  [
    "the place is computed",
    (b, x, y) => {
      const rows = b.node("Gather", [b.node("Shape", [x]), at(b, 0)]);
      return b.node("SequenceAt", [pair(b, x, y), b.node("Sub", [rows, at(b, 2)])]);
    },
    "SequenceAt",
  ],
  [
    "parts get an axis of their own",
    (b, x) =>
      b.node("ConcatFromSequence", [b.node("SequenceConstruct", [x, x])], { axis: int(0), new_axis: int(1) }),
    "ConcatFromSequence",
  ],
  [
    "a sequence is split off",
    (b, x) => b.node("SequenceAt", [b.node("SplitToSequence", [x], { axis: int(0) }), at(b, 1)]),
    "SequenceAt",
  ],
] as [string, Step, string][])("nothing is done where %s", async (_, step, stays) => {
  expect(await remaining(step)).toContain(stays);
});

test.each([
  ["lengths beside the axis", [2, 3], [2, 4], 0],
  ["numbers of axes", [2, 3], [2, 3, 1], 0],
  ["axes, of which there are fewer,", [2, 3], [2, 3], 2],
] as const)("parts that cannot be joined for their %s are left as they are", async (_, a, b, axis) => {
  const model = build(18, (builder) => {
    const parts = [a, b].map((shape, i) => builder.input(`x${i}`, "float32", shape));
    const sequence = builder.node("SequenceConstruct", parts);
    builder.output(builder.node("ConcatFromSequence", [sequence], { axis: int(axis), new_axis: int(0) }));
  });
  await simplify(model);
  expect(ops(model)).toEqual(["SequenceConstruct", "ConcatFromSequence"]);
});
