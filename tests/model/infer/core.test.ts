// What inference keeps: names, what a file declares, and nothing that is not so.
import { describe, expect, test } from "vitest";
import {
  type Attribute,
  addValue,
  attribute,
  checkModel,
  type Extent,
  inferTypes,
  isSame,
  type Value,
} from "../../../src/model/index.ts";
import { type Builder, build } from "./build.ts";

test("a shape that is computed by the graph is followed to the end", async () => {
  const { input, constant, node, shape } = build();
  const x = input("x", "float32", ["batch", "past+seq", 64]);
  const dims = node("Shape", [x]);
  const flat = node("Reshape", [x, constant("minus", "int64", [1], [-1])]);
  expect(await shape(flat)).toEqual(["64*batch*(past+seq)"]);
  const heads = node("Reshape", [x, constant("heads", "int64", [4], [0, 0, 8, -1])]);
  expect(await shape(heads)).toEqual(["batch", "past+seq", 8, 8]);
  expect(await shape(node("Reshape", [heads, dims]))).toEqual(["batch", "past+seq", 64]);
});

describe("what the file declares of a computed value", () => {
  test("fills what is unknown, and names it", async () => {
    const { model, input, node } = build();
    const x = input("x", "float32", [null, 3]);
    const y = node("Relu", [x]);
    y.type = { kind: "tensor", dtype: "float32", shape: ["rows", 3] };
    const types = await inferTypes(model);
    expect(types.typeOf(y)).toEqual({ kind: "tensor", dtype: "float32", shape: ["rows", 3] });
    expect(isSame(types.shapeOf(x)?.[0] as Extent, types.shapeOf(y)?.[0] as Extent)).toBe(true);
    expect(types.contradictions).toEqual([]);
  });

  test("is reported where it cannot be, and never taken for a length of the inputs", async () => {
    const { model, input, node } = build();
    const y = node("Relu", [input("x", "float32", ["batch", 3])]);
    y.type = { kind: "tensor", dtype: "float32", shape: [1, 4] };
    const types = await inferTypes(model);
    expect(types.typeOf(y)).toEqual({ kind: "tensor", dtype: "float32", shape: ["batch", 3] });
    expect(types.contradictions.map(({ value, problem }) => [value?.name, problem])).toEqual([
      [y.name, "dimension 1 declared as 4, computed as 3"],
    ]);
  });
});

test("an operator that nobody knows has the type that the file declares", async () => {
  const { model, input, node } = build();
  const y = node("Foo", [input("x", "float32", [2])], {}, "com.example");
  const before = await inferTypes(model);
  expect(before.typeOf(y)).toBeNull();
  y.type = { kind: "tensor", dtype: "int64", shape: [4, "n"] };
  expect((await inferTypes(model)).typeOf(y)).toEqual(y.type);
});

test("lengths that do not broadcast are reported", async () => {
  const { model, input, node } = build();
  const y = node("Add", [input("a", "float32", [2, 3]), input("b", "float32", [4])]);
  const types = await inferTypes(model);
  expect(types.typeOf(y)).toEqual({ kind: "tensor", dtype: "float32", shape: [2, null] });
  expect(types.contradictions[0]?.problem).toBe("3 and 4 do not broadcast");
});

test("a default that may be replaced tells its type, and not its contents", async () => {
  const { model, input, constant, node, shape } = build();
  const target = constant("target", "int64", [2], [3, 4]);
  const y = node("Reshape", [input("x", "float32", [12]), target]);
  expect(await shape(y)).toEqual([3, 4]);
  model.graph.inputs.push(target);
  expect(await shape(y)).toEqual([null, null]);
  model.irVersion = 3;
  expect(await shape(y)).toEqual([3, 4]);
});

test("a function is inferred for each call, and one that calls itself is given up", async () => {
  const { model, input, node } = build();
  const graph = { ...model.graph, inputs: [], outputs: [], nodes: [], values: new Map() };
  const [a, b] = [addValue(graph, "a"), addValue(graph, "b")];
  graph.inputs.push(a as never);
  graph.outputs.push(b as never);
  const made = {
    domain: "",
    op: "Add",
    overload: "",
    name: "",
    inputs: [a, a],
    outputs: [b],
    attributes: new Map(),
    graph,
  };
  b.producer = made;
  graph.nodes.push(made as never);
  model.functions.push({
    domain: "mine",
    name: "Twice",
    overload: "",
    opsets: new Map([["", 21]]),
    attributes: [],
    graph,
  });
  const x = node("Twice", [input("x", "float32", ["n", 3])], {}, "mine");
  const y = node("Twice", [input("y", "float64", ["n"])], {}, "mine");
  const types = await inferTypes(model);
  expect(types.typeOf(x)).toEqual({ kind: "tensor", dtype: "float32", shape: ["n", 3] });
  expect(types.typeOf(y)).toEqual({ kind: "tensor", dtype: "float64", shape: ["n"] });
  // What all calls have in common of the inner value: nothing.
  expect(types.typeOf(b)).toBeNull();
  made.op = "Twice";
  made.domain = "mine";
  const again = await inferTypes(model);
  expect(again.typeOf(x)).toBeNull();
  expect(again.contradictions[0]?.problem).toContain("Twice calls itself");
});

test("what stands for no name at all makes no two lengths equal", async () => {
  const { model, input, node } = build();
  const [a, b] = [input("a", "float32", ["n", "?", "?"]), input("b", "float32", ["n", "None", "None"])];
  const sum = node("Add", [a, b]);
  const types = await inferTypes(model);
  const [of, other] = [types.shapeOf(a), types.shapeOf(b)];
  expect(isSame(of?.[0], other?.[0])).toBe(true);
  expect(isSame(of?.[1], of?.[2])).toBe(false);
  expect(isSame(other?.[1], other?.[2])).toBe(false);
  expect(types.typeOf(sum)).toMatchObject({ shape: ["n", "broadcast(?, None)", "broadcast(?, None)"] });
});

test("an attribute of the wrong kind is not read", async () => {
  const { input, node, shape } = build();
  const dims = node("Shape", [input("x", "float32", [2, 3])], { start: attribute.string("1") });
  expect(await shape(dims)).toEqual([2]);
});

describe("a node that cannot run says why, which input is wrong and what can be done", () => {
  const cases: Record<
    string,
    (at: Builder) => [string, readonly (Value | null)[], Record<string, Attribute>]
  > = {
    "a step of 0": ({ input, constant }) => {
      const zero = constant("zero", "int64", [1], [0]);
      return [
        "Slice",
        [input("x", "float32", [4]), zero, zero, zero, constant("bad", "int64", [1], [0])],
        {},
      ];
    },
    "steps of 0": ({ constant }) => {
      const [from, to] = [constant("from", "int64", [], [0]), constant("to", "int64", [], [5])];
      return ["Range", [from, to, constant("bad", "int64", [], [0])], {}];
    },
    "less than nothing": ({ input, constant }) => {
      const pads = constant("bad", "int64", [2], [-7n, -(2n ** 62n)]);
      return ["Pad", [input("x", "float32", [2]), pads], {}];
    },
    "axis 7 of a tensor of rank 2": ({ input }) => [
      "Softmax",
      [input("bad", "float32", [2, 3])],
      { axis: attribute.int(7) },
    ],
    "an equation of 3 terms for 1 inputs": ({ input }) => [
      "Einsum",
      [input("x", "float32", [2])],
      { equation: attribute.string("i,,->i") },
    ],
  };

  test.for(Object.entries(cases))("%s", async ([problem, make]) => {
    const at = build();
    const [op, inputs, attributes] = make(at);
    at.node(op, inputs, attributes);
    const bad = inputs.some((value) => value?.name === "bad") ? "bad" : undefined;
    const found = (await checkModel(at.model)).filter(({ rule }) => rule === "types");
    expect(found).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(problem),
        node: { name: "", op, index: 0 },
      }),
    ]);
    expect(found[0]?.value).toBe(bad);
    expect(found[0]?.remedy).not.toMatch(/^Mend what the node reads/);
  });
});
