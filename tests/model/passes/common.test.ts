// What is there twice: nodes and constants.
import { describe, expect, test } from "vitest";
import { attribute, type Value } from "../../../src/model/graph/index.ts";
import { runPasses, SIMPLIFY } from "../../../src/model/passes/index.ts";
import { constantTensor } from "../../../src/model/tensor/index.ts";
import { expectSimplified } from "./answers.ts";
import { build, ops } from "./build.ts";
import { checked, quiet } from "./invariants.ts";

const { float, int, string } = attribute;

describe("nodes", () => {
  test("of the same inputs and attributes are one", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      const one = (alpha: number) => b.node("LeakyRelu", [b.node("Exp", [x])], { alpha: float(alpha) });
      b.output(b.node("Add", [b.node("Add", [one(0.5), one(0.25)]), one(0.5)]));
    });
    await expectSimplified(model, { exact: true });
    expect(ops(model)).toEqual(["Exp", "LeakyRelu", "LeakyRelu", "Add", "Add"]);
  });

  test("of equal tensors in attributes are one; of other ones they are not", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", ["n", 3]);
      const filled = (with_: number) =>
        b.node("ConstantOfShape", [b.node("Shape", [x])], {
          value: attribute.tensor(
            constantTensor({ dtype: "float32", shape: [1], data: Float32Array.of(with_) }, "the test"),
          ),
        });
      b.output(b.node("Sum", [x, filled(2), filled(0), filled(2), filled(-0)]));
    });
    await expectSimplified(model, { exact: true });
    expect(ops(model)).toEqual(["Shape", "ConstantOfShape", "ConstantOfShape", "ConstantOfShape", "Sum"]);
  });

  test("are not where a zero has another sign, an input is left out, or an output", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [4]);
      const relu = (alpha: number) => b.node("ThresholdedRelu", [x], { alpha: float(alpha) });
      const bound = b.constant("float32", [], [0]);
      b.output(b.node("Add", [relu(0), relu(-0)]));
      b.output(b.node("Sub", [b.node("Clip", [x, bound]), b.node("Clip", [x, null, bound])]));
    });
    await expectSimplified(model);
    expect(ops(model).filter((op) => op === "ThresholdedRelu" || op === "Clip")).toHaveLength(4);
  });

  test("that are outputs of the graph keep both names", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2]);
      for (let i = 0; i < 3; i++) b.output(b.node("Exp", [x]));
      b.output(b.node("Neg", [b.node("Exp", [x])]));
    });
    await expectSimplified(model, { exact: true });
    expect(ops(model)).toEqual(["Exp", "Exp", "Exp", "Neg"]);
  });

  test("in a branch are those around it; branches beside each other see nothing of each other", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2]);
      const before = b.node("Exp", [x]);
      const branch = (name: string) =>
        b.subgraph(name, (inner) => {
          inner.output(inner.node("Add", [inner.node("Exp", [x]), inner.node("Tanh", [x])]));
        });
      const [y] = b.nodes("If", [b.input("c", "bool", [])], 1, {
        then_branch: branch("t"),
        else_branch: branch("e"),
      });
      const after = b.node("Tanh", [x]);
      b.output(b.node("Sum", [before, y as Value, after]));
    });
    const { report } = await expectSimplified(model, { exact: true });
    // Exp, If, Tanh and Sum; Tanh and Add in each branch.
    expect(report.nodes).toEqual({ before: 10, after: 8 });
  });

  test("that draw random numbers, or are nobody's operators, are as many as they were", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2]);
      const twice = (op: string, domain = "") => [1, 2].map(() => b.node(op, [x], {}, domain));
      b.output(
        b.node("Sum", [...twice("RandomNormalLike"), ...twice("Mystery", "nobody"), ...twice("Bernoulli")]),
      );
    });
    model.opsets.set("nobody", 1);
    await runPasses(model, SIMPLIFY, quiet, { check: checked(model) });
    expect(ops(model)).toHaveLength(7);
  });

  test("with long texts and bodies are left alone", async () => {
    const text = string("x".repeat(10_000));
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2]);
      const twice = [1, 2].map(() => b.node("Mystery", [x], { text }, "com.microsoft"));
      b.output(b.node("Sum", twice));
    });
    model.opsets.set("com.microsoft", 1);
    await runPasses(model, SIMPLIFY, quiet, { check: checked(model) });
    expect(ops(model)).toHaveLength(3);
  });
});

describe("constants", () => {
  test("of the same type, shape and bytes are one, in branches too", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2, 200]);
      const weights = (seed: number) => b.weights([200, 200], seed);
      const product = (left: Value, seed: number) => b.node("MatMul", [left, weights(seed)]);
      const y = product(product(product(x, 1), 1), 2);
      const branch = (name: string) =>
        b.subgraph(name, (inner) => inner.output(inner.node("MatMul", [y, inner.weights([200, 200], 2)])));
      const [z] = b.nodes("If", [b.input("c", "bool", [])], 1, {
        then_branch: branch("t"),
        else_branch: branch("e"),
      });
      b.output(z as Value);
      b.output(
        b.node("Reshape", [b.node("Sub", [b.weights([3], 1), b.input("w", "float32", [3])]), b.ints(3, 1)]),
      );
    });
    await expectSimplified(model);
    const constants = [...model.graph.values.values()].filter(({ constant }) => constant);
    expect(constants.map(({ constant }) => constant?.shape)).toEqual([[200, 200], [200, 200], [3], [2]]);
    for (const { kind, value } of model.graph.nodes[3]?.attributes.values() ?? [])
      if (kind === "graph") expect([...value.values.values()].some(({ constant }) => constant)).toBe(false);
  });

  test("that differ behind their first bytes are two", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [1, 20_000]);
      const almost = (last: number) =>
        b.constant(
          "float32",
          [20_000],
          Array.from({ length: 20_000 }, (_, i) => (i === 19_999 ? last : 1)),
        );
      b.output(b.node("Mul", [b.node("Add", [x, almost(1)]), almost(2)]));
    });
    await expectSimplified(model);
    expect([...model.graph.values.values()].filter(({ constant }) => constant)).toHaveLength(2);
  });

  test("are read in pieces, whatever the pieces are", async () => {
    const length = 3_000_000;
    let largest = 0;
    // One comes in pieces of odd length, the other whole.
    const constant = (odd: boolean) => {
      const tensor = constantTensor(
        { dtype: "uint8", shape: [length], data: new Uint8Array(length).map((_, i) => i) },
        "the test",
      );
      if (!odd) return tensor;
      return {
        ...tensor,
        async *stream(chunk = length) {
          for await (const bytes of tensor.stream(Math.min(chunk, 77_777))) {
            largest = Math.max(largest, bytes.byteLength);
            yield bytes;
          }
        },
      };
    };
    const model = build(17, (b) => {
      const x = b.input("x", "uint8", [1]);
      const values = [true, false].map((odd) => {
        const value = b.constant("uint8", [0], [], "large");
        value.constant = constant(odd);
        value.type = { kind: "tensor", dtype: "uint8", shape: [length] };
        return value;
      });
      b.output(
        b.node("Sum", [b.node("Max", [x, values[0] ?? null]), b.node("Min", [x, values[1] ?? null])]),
        "uint8",
      );
    });
    await runPasses(model, SIMPLIFY, quiet, { check: checked(model) });
    expect([...model.graph.values.values()].filter((value) => value.constant)).toHaveLength(1);
    expect(largest).toBeLessThanOrEqual(77_777);
  });
});

describe("constants that are inputs", () => {
  const model = (irVersion: number) => {
    const made = build(8, (b) => {
      const weight = b.weights([3]);
      b.output(
        b.node("Mul", [
          b.node("Mul", [b.input("x", "float32", [3]), b.constant("float32", [], [1])]),
          weight,
        ]),
      );
    });
    made.irVersion = irVersion;
    const constants = [...made.graph.values.values()].filter(({ constant }) => constant);
    made.graph.inputs.push(...constants);
    return made;
  };

  test("are constants in files of IR version 3, where they had to be listed", async () => {
    const made = model(3);
    await expectSimplified(made);
    expect(ops(made)).toEqual(["Mul"]);
    expect([made.irVersion, made.graph.inputs.map(({ name }) => name)]).toEqual([4, ["x"]]);
  });

  test("and in files that did not list them, or know no operator sets, once there are constants", async () => {
    for (const irVersion of [1, 2, 3]) {
      const made = model(irVersion);
      made.graph.inputs = made.graph.inputs.filter(({ constant }) => !constant);
      if (irVersion < 3) made.opsets.clear();
      await runPasses(made, SIMPLIFY, quiet);
      expect(made.irVersion).toBe(4);
      expect(made.opsets.get("")).toBe(irVersion < 3 ? 1 : 8);
    }
  });

  test("are defaults since, which a caller replaces", async () => {
    const made = model(8);
    await runPasses(made, SIMPLIFY, quiet, { check: checked(made) });
    expect(ops(made)).toEqual(["Mul", "Mul"]);
    expect(made.graph.inputs).toHaveLength(3);
  });
});

test("Constant nodes of every kind become initializers", async () => {
  const model = build(17, (b) => {
    const constant = (value: Parameters<typeof b.node>[2]) => b.node("Constant", [], value ?? {});
    const x = b.input("x", "float32", [2]);
    const floats = constant({ value_floats: { kind: "floats", value: [1.5, 2.5] } });
    const one = constant({ value_float: float(3) });
    const axes = constant({ value_ints: { kind: "ints", value: [0n] } });
    const index = constant({ value_int: int(1) });
    const sum = b.node("Unsqueeze", [b.node("Add", [b.node("Mul", [x, floats]), one]), axes]);
    b.output(b.node("Gather", [sum, index], { axis: int(1) }));
    // An output that is a constant keeps its node.
    b.output(constant({ value_float: float(7) }));
  });
  await expectSimplified(model, { exact: true });
  expect(ops(model).filter((op) => op === "Constant")).toHaveLength(1);
});
