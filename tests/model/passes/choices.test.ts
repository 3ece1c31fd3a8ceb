// Choices that are made before the model runs: If, Where, Loop.
import { describe, expect, test } from "vitest";
import { attribute, type Value } from "../../../src/model/graph/index.ts";
import { SIMPLIFY } from "../../../src/model/passes/index.ts";
import { expectSimplified } from "./answers.ts";
import { type Builder, build, ops } from "./build.ts";

const { int } = attribute;

/** An If whose branches read a value around them and have names that each other has. */
function either(b: Builder, condition: Value, x: Value): Value[] {
  const branch = (name: string, op: string) =>
    b.subgraph(name, (inner) => {
      const made = inner.node(op, [inner.node("Neg", [x])]);
      inner.output(made);
      inner.output(inner.node("Add", [made, inner.weights([3])]));
    });
  return b.nodes("If", [condition], 2, {
    then_branch: branch("yes", "Relu"),
    else_branch: branch("no", "Tanh"),
  });
}

describe("If", () => {
  test.each([
    [1, ["Neg", "Relu", "Add"]],
    [0, ["Neg", "Tanh", "Add"]],
  ])("of a constant %i is its branch", async (condition, left) => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      for (const y of either(b, b.constant("bool", [1], [condition]), x)) b.output(y);
    });
    const names = model.graph.outputs.map(({ name }) => name);
    await expectSimplified(model, { exact: true });
    expect(ops(model)).toEqual(left);
    expect(model.graph.outputs.map(({ name }) => name)).toEqual(names);
  });

  test("of what shapes tell", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", ["n", 3]);
      const rank = b.node("Size", [b.node("Shape", [x])]);
      const [y] = either(b, b.node("Equal", [rank, b.constant("int64", [], [2])]), x);
      b.output(b.node("Abs", [y as Value]));
    });
    await expectSimplified(model, { exact: true });
    expect(ops(model)).toEqual(["Neg", "Relu", "Abs"]);
  });

  test("within an If, whatever the names", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      const outer = (name: string, condition: number) =>
        b.subgraph(name, (inner) => {
          const [first, second] = either(inner, inner.constant("bool", [], [condition]), x);
          inner.output(inner.node("Mul", [first as Value, second as Value]));
        });
      const [y] = b.nodes("If", [b.input("c", "bool", [])], 1, {
        then_branch: outer("then", 1),
        else_branch: outer("else", 0),
      });
      b.output(y as Value);
    });
    for (const inner of model.graph.nodes[0]?.attributes.values() ?? []) {
      // As exporters leave them: the branches of one node have the names of the other's.
      if (inner.kind === "graph") {
        for (const [place, value] of [...inner.value.values.values()].entries()) {
          inner.value.values.delete(value.name);
          value.name = `inner ${place}`;
          inner.value.values.set(value.name, value);
        }
      }
    }
    const { report } = await expectSimplified(model, { exact: true });
    expect(report.nodes.after).toBe(9);
  });

  test("whose output is an input or a constant keeps the output's name by an Identity", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2]);
      const branch = (name: string) =>
        b.subgraph(name, (inner) => {
          inner.output(inner.node("Identity", [x]));
          inner.output(inner.constant("float32", [2], [1, 2], "fixed"));
        });
      for (const y of b.nodes("If", [b.constant("bool", [], [1])], 2, {
        then_branch: branch("t"),
        else_branch: branch("e"),
      }))
        b.output(y);
    });
    await expectSimplified(model, { exact: true });
    expect(ops(model)).toEqual(["Identity", "Identity"]);
  });

  test("that a run decides stays", async () => {
    const model = build(17, (b) => {
      for (const y of either(b, b.input("c", "bool", []), b.input("x", "float32", [2, 3]))) b.output(y);
    });
    await expectSimplified(model);
    expect(ops(model)).toEqual(["If"]);
  });
});

describe("Loop", () => {
  const loop = (b: Builder, x: Value, turns: Value | null, condition: Value | null, scans = false) => {
    const body = b.subgraph("body", (inner) => {
      const turn = inner.input("turn", "int64", []);
      const goesOn = inner.input("goes_on", "bool", []);
      const [state, kept] = [inner.input("state", "float32", [2]), inner.input("kept", "float32", [2])];
      inner.output(inner.node("Identity", [goesOn]), "bool");
      const next = inner.node("Add", [state, inner.node("Cast", [turn], { to: int(1) })]);
      inner.output(inner.node("Add", [next, inner.constant("float32", [], [1])]));
      inner.output(kept);
      if (scans) inner.output(inner.node("Neg", [state]));
    });
    const outputs = b.nodes("Loop", [turns, condition, x, b.node("Neg", [x])], scans ? 3 : 2, { body });
    for (const y of outputs) b.output(y);
  };
  const turns = (b: Builder, count: number) => b.constant("int64", [], [count]);
  const bool = (b: Builder, on: number) => b.constant("bool", [], [on]);

  test.each([
    ["never", (b, x) => loop(b, x, turns(b, 0), null), ["Neg", "Identity"]],
    ["not at all, since its condition fails", (b, x) => loop(b, x, null, bool(b, 0)), ["Neg", "Identity"]],
    ["once", (b, x) => loop(b, x, turns(b, 1), bool(b, 1)), ["Neg", "Add", "Add"]],
    ["once, without a condition", (b, x) => loop(b, x, turns(b, 1), null), ["Neg", "Add", "Add"]],
    ["once, scanning", (b, x) => loop(b, x, turns(b, 1), null, true), ["Neg", "Loop"]],
    ["twice", (b, x) => loop(b, x, turns(b, 2), null), ["Neg", "Loop"]],
  ] as [string, (b: Builder, x: Value) => void, string[]][])("that runs %s", async (_, make, left) => {
    const model = build(17, (b) => make(b, b.input("x", "float32", [2])));
    await expectSimplified(model);
    expect(ops(model)).toEqual(left);
  });
});

describe("Where", () => {
  test.each([
    ["all true", [1, 1, 1], ["Neg"]],
    ["all false", [0, 0, 0], ["Exp"]],
    ["both", [1, 0, 1], ["Neg", "Exp", "Where"]],
  ])("%s", async (_, elements, left) => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      b.output(b.node("Where", [b.constant("bool", [3], elements), b.node("Neg", [x]), b.node("Exp", [x])]));
    });
    await expectSimplified(model);
    expect(ops(model)).toEqual(left);
  });

  test("that stretches what it chooses stays", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [1, 3]);
      b.output(b.node("Where", [b.constant("bool", [2, 1], [1, 1]), b.node("Neg", [x]), x]));
    });
    await expectSimplified(model);
    expect(ops(model)).toEqual(["Neg", "Where"]);
  });
});

test("every pass says what it promises, and has a name of its own", () => {
  const passes = new Set(SIMPLIFY);
  expect(new Set([...passes].map(({ name }) => name)).size).toBe(passes.size);
  for (const { name, promises } of passes) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(promises).toMatch(/^[A-Z].*\.$/);
  }
});
