// Recurrent operators begin with zeros where nobody says with what: states of zeros go, others stay.
import { expect, test } from "vitest";
import { type Attribute, attribute, type Value } from "../../../src/model/graph/index.ts";
import { expectSimplified } from "./answers.ts";
import { type Builder, build, ops } from "./build.ts";

const { int, ints, tensor } = attribute;
const [SIZE, WIDTH] = [3, 2];

/** An operator over "n" rows, two layers of whose states are cut out of one tensor, as torch.onnx writes it. */
function recurrent(op: "LSTM" | "GRU" | "RNN", state: (b: Builder, x: Value) => Value) {
  const gates = { LSTM: 4, GRU: 3, RNN: 1 }[op];
  return build(17, (b) => {
    const x = b.input("x", "float32", [4, "n", WIDTH]);
    const weights = [b.weights([1, gates * SIZE, WIDTH]), b.weights([1, gates * SIZE, SIZE], 2)];
    const h = state(b, x);
    const states = op === "LSTM" ? [h, h] : [h];
    b.output(b.node(op, [x, ...weights, null, null, ...states], { hidden_size: int(SIZE) }));
  });
}

function filled(number?: number) {
  return (b: Builder, x: Value): Value => {
    const batch = b.node("Unsqueeze", [
      b.node("Gather", [b.node("Shape", [x]), b.constant("int64", [], [1])]),
      b.ints(0),
    ]);
    const shape = b.node("Concat", [b.ints(2), batch, b.ints(SIZE)], { axis: int(0) });
    const value = number === undefined ? null : b.constant("float32", [1], [number]).constant;
    const attributes: Record<string, Attribute> = value ? { value: tensor(value) } : {};
    return b.node("Slice", [b.node("ConstantOfShape", [shape], attributes), b.ints(0), b.ints(1), b.ints(0)]);
  };
}

test.each(["LSTM", "GRU", "RNN"] as const)("%s without its zeros", async (op) => {
  for (const number of [undefined, 0]) {
    const model = recurrent(op, filled(number));
    await expectSimplified(model, { exact: true });
    expect(ops(model)).toEqual([op]);
    expect(model.graph.nodes[0]?.inputs).toHaveLength(3);
  }
});

test("zeros that are a constant go too", async () => {
  const model = recurrent("GRU", (b, x) => {
    const zeros = b.constant("float32", [1, 1, SIZE], [0, 0, 0]);
    const shape = b.node(
      "Concat",
      [b.ints(1), b.node("Shape", [x], { start: int(1), end: int(2) }), b.ints(SIZE)],
      {
        axis: int(0),
      },
    );
    return b.node("Transpose", [b.node("Expand", [zeros, shape])], { perm: ints([0, 1, 2]) });
  });
  await expectSimplified(model, { exact: true });
  expect(ops(model)).toEqual(["GRU"]);
});

test("ones stay, and so does what is given from outside", async () => {
  const ones = recurrent("LSTM", filled(1));
  await expectSimplified(ones, { exact: true });
  expect(ops(ones)).toContain("ConstantOfShape");
  const given = recurrent("GRU", (b) => b.input("h", "float32", [1, "n", SIZE]));
  await expectSimplified(given, { exact: true });
  expect(given.graph.nodes[0]?.inputs).toHaveLength(6);
});
