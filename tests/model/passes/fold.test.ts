// What is computed before the model runs: by shape arithmetic, and by the runtime.
import { describe, expect, test } from "vitest";
import { attribute, type Value } from "../../../src/model/graph/index.ts";
import { type Evaluate, runPasses, SIMPLIFY } from "../../../src/model/passes/index.ts";
import { constantTensor, type Tensors } from "../../../src/model/tensor/index.ts";
import { bytesOfModel, evaluate, openSession, runSession } from "../evaluate.ts";
import { expectSimplified, feedsOf } from "./answers.ts";
import { build, ops } from "./build.ts";
import { checked, quiet } from "./invariants.ts";

const { int, ints, tensor } = attribute;

describe("without a runtime", () => {
  test("what is known of shapes is a constant; what is not stays", async () => {
    const model = build(17, (b) => {
      const x = b.input("x", "float32", ["n", 3, 4]);
      const shape = b.node("Shape", [x]);
      const rows = b.node("Gather", [shape, b.constant("int64", [1], [1])]);
      const batch = b.node("Gather", [shape, b.constant("int64", [1], [0])]);
      const zeros = b.node("ConstantOfShape", [b.node("Concat", [batch, rows], { axis: int(0) })]);
      b.output(b.node("Add", [b.node("ReduceSum", [x, b.ints(2)], { keepdims: int(0) }), zeros]));
    });
    await runPasses(model, SIMPLIFY, quiet, { check: checked(model) });
    expect(ops(model).sort()).toEqual(["Add", "Concat", "ConstantOfShape", "Gather", "ReduceSum", "Shape"]);
    const concat = model.graph.nodes.find(({ op }) => op === "Concat");
    expect((await concat?.inputs[1]?.constant?.read())?.data).toEqual(BigInt64Array.of(3n));
  });

  test("nothing else is computed", async () => {
    const model = build(17, (b) => {
      b.output(b.node("Add", [b.input("x", "float32", [3]), b.node("Exp", [b.weights([3])])]));
    });
    await runPasses(model, SIMPLIFY, quiet, { check: checked(model) });
    expect(ops(model)).toEqual(["Exp", "Add"]);
  });
});

describe("with the runtime", () => {
  test("chains of constants, also in branches, are one evaluation", async () => {
    let evaluations = 0;
    const counting: Evaluate = (...all) => {
      evaluations++;
      return evaluate(...all);
    };
    const model = build(17, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      const outside = b.node("Transpose", [b.weights([3, 2])]);
      const branch = (name: string, op: string) =>
        b.subgraph(name, (inner) => {
          const scaled = inner.node("Mul", [inner.node(op, [inner.weights([2, 3], 9)]), outside]);
          inner.output(inner.node("Add", [x, scaled]));
        });
      const [y] = b.nodes("If", [b.input("c", "bool", [])], 1, {
        then_branch: branch("yes", "Neg"),
        else_branch: branch("no", "Exp"),
      });
      b.output(y as Value);
    });
    await runPasses(model, SIMPLIFY, { ...quiet, evaluate: counting }, { check: checked(model) });
    expect(evaluations).toBe(1);
    expect(ops(model)).toEqual(["If"]);
    await expectSimplified(model);
  });

  test("a result that is larger than what it is made from stays, unless it is small", async () => {
    const fill = (shape: number[]) =>
      build(17, (b) => {
        const filled = b.node("ConstantOfShape", [b.ints(...shape)], {
          value: tensor(
            constantTensor({ dtype: "float32", shape: [1], data: Float32Array.of(2) }, "the test"),
          ),
        });
        b.output(b.node("Mul", [b.input("x", "float32", shape), filled]));
      });
    const [small, large] = [fill([16, 16]), fill([256, 256])];
    expect((await expectSimplified(small)).notes).toEqual([]);
    const { notes } = await expectSimplified(large);
    expect(ops(small)).toEqual(["Mul"]);
    expect(ops(large)).toEqual(["ConstantOfShape", "Mul"]);
    // The 256 KB of which the report tells; said once for each of the two runs.
    expect(new Set(notes)).toEqual(
      new Set([
        "one node of constants stays (ConstantOfShape): written out, the file would be 0.3 MB larger; nothing is folded into them either",
      ]),
    );
  });

  test("a weight that is read as it is, too, is not copied", async () => {
    const weights = (both: boolean) =>
      build(17, (b) => {
        const x = b.input("x", "float32", [2, 200]);
        const weight = b.weights([200, 200]);
        const turned = b.node("MatMul", [x, b.node("Abs", [b.node("Transpose", [weight])])]);
        b.output(both ? b.node("MatMul", [turned, weight]) : turned);
      });
    const [tied, free] = [weights(true), weights(false)];
    await expectSimplified(tied);
    await expectSimplified(free);
    expect(ops(tied)).toEqual(["Transpose", "Abs", "MatMul", "MatMul"]);
    expect(ops(free)).toEqual(["MatMul"]);
  });

  test("parts of a weight are made where all of it is used up", async () => {
    const model = build(17, (b) => {
      const weight = b.weights([300, 100]);
      const part = (from: number) => b.node("Slice", [weight, b.ints(from), b.ints(from + 100), b.ints(0)]);
      const joined = b.node("Concat", [part(200), part(0), part(100)], { axis: int(0) });
      b.output(b.node("MatMul", [b.input("x", "float32", [2, 300]), joined]));
    });
    await expectSimplified(model);
    expect(ops(model)).toEqual(["MatMul"]);
  });

  test("quantised weights stay quantised, random numbers random", async () => {
    const model = build(17, (b) => {
      const scale = b.constant("float32", [], [0.1]);
      const weight = b.node("DequantizeLinear", [b.constant("int8", [3], [1, 2, 3]), scale]);
      b.output(b.node("Mul", [b.input("x", "float32", [3]), weight]));
      b.output(b.node("RandomUniformLike", [b.weights([3])]));
    });
    await runPasses(model, SIMPLIFY, { ...quiet, evaluate }, { check: checked(model) });
    expect(ops(model)).toEqual(["DequantizeLinear", "Mul", "RandomUniformLike"]);
  });

  test("an output that is constant keeps its name", async () => {
    const model = build(17, (b) => {
      const once = b.node("Exp", [b.weights([2, 3])]);
      b.output(b.node("Transpose", [once]));
      b.output(b.node("Add", [once, b.input("x", "float32", [2, 3])]));
    });
    await expectSimplified(model);
    expect(ops(model)).toEqual(["Identity", "Add"]);
  });

  test("what the runtime refuses stays and is noted; the rest is folded", async () => {
    const model = build(17, (b) => {
      const indices = b.constant("int64", [1], [7]);
      const wrong = b.node("Gather", [b.weights([3, 4]), indices]);
      const right = b.node("Exp", [b.weights([4])]);
      b.output(b.node("Add", [b.node("Mul", [b.input("x", "float32", [1, 4]), wrong]), right]));
    });
    const notes: string[] = [];
    const context = { evaluate, note: (text: string) => notes.push(text) };
    await runPasses(model, SIMPLIFY, context, { check: checked(model) });
    expect(ops(model)).toEqual(["Gather", "Mul", "Add"]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^Gather gather is not folded: .*out of data bounds/);
  });

  test("a node without a name is called by what it gives", async () => {
    const model = build(17, (b) => {
      const wrong = b.node("Gather", [b.weights([3, 4]), b.constant("int64", [1], [7])]);
      if (wrong.producer) wrong.producer.name = "";
      b.output(b.node("Mul", [b.input("x", "float32", [1, 4]), wrong]));
    });
    const notes: string[] = [];
    await runPasses(model, SIMPLIFY, { evaluate, note: (text) => notes.push(text) });
    expect(notes).toEqual([expect.stringMatching(/^Gather gather is not folded: /)]);
  });

  test("an aborted run ends", async () => {
    const controller = new AbortController();
    const aborting: Evaluate = async () => {
      controller.abort(new Error("enough"));
      throw new Error("interrupted");
    };
    const model = build(17, (b) => {
      b.output(b.node("Add", [b.input("x", "float32", [3]), b.node("Exp", [b.weights([3])])]));
    });
    const context = { ...quiet, evaluate: aborting, signal: controller.signal };
    await expect(runPasses(model, SIMPLIFY, context)).rejects.toThrow("enough");
  });
});

describe("attention whose scale is the root of a length", () => {
  /** Products of a few rows, scaled; rounded to 256 steps where the model is a quantised one. */
  const attention = (isQuantised: boolean) =>
    build(17, (b) => {
      const x = b.input("x", "float32", ["n", 24]);
      const width = b.node("Gather", [b.node("Shape", [x]), b.constant("int64", [], [1])]);
      const root = b.node("Sqrt", [b.node("Cast", [width], { to: int(1) })]);
      const scale = b.node("Sqrt", [b.node("Div", [b.constant("float32", [], [1]), root])]);
      const keys = b.node("Mul", [b.node("Transpose", [x], { perm: ints([1, 0]) }), scale]);
      const scores = b.node("MatMul", [b.node("Mul", [x, scale]), keys]);
      if (!isQuantised) return b.output(scores);
      const [steps, step, zero] = b.nodes("DynamicQuantizeLinear", [scores], 3);
      b.output(b.node("DequantizeLinear", [steps as Value, step as Value, zero as Value]));
    });

  test("is folded", async () => {
    const { model } = await expectSimplified(attention(false), { lengths: { n: 5 } });
    expect(ops(model)).not.toContain("Sqrt");
    expect(ops(model)).not.toContain("Shape");
  });

  // Were it known, the runtime would fold it into the product, and round otherwise: whole steps.
  test("is left to the run where answers are whole steps, so that the runtime's own optimisation leaves each as it was", async () => {
    const model = attention(true);
    const answers = async () => {
      const session = await openSession(await bytesOfModel(model), { graphOptimizationLevel: "all" });
      const all: Tensors[] = [];
      for (let seed = 1; seed <= 20; seed++)
        all.push(await runSession(session, feedsOf(model, seed, { n: 5 })));
      await session.release();
      return all;
    };
    const before = await answers();
    await expectSimplified(model, { lengths: { n: 5 }, exact: true });
    expect(await answers()).toEqual(before);
  });
});

test("lengths that only a run tells are written as far as they can be", async () => {
  const model = build(17, (b) => {
    const x = b.input("x", "float32", ["n", "m", 6]);
    const length = (axis: number) =>
      b.node("Unsqueeze", [
        b.node("Gather", [b.node("Shape", [x]), b.constant("int64", [], [axis])]),
        b.ints(0),
      ]);
    const split = b.node("Concat", [length(0), length(1), b.ints(2, 3)], { axis: int(0) });
    const view = b.node("Transpose", [b.node("Reshape", [x, split])], { perm: ints([0, 2, 1, 3]) });
    const wide = b.node("Expand", [b.input("y", "float32", ["n", 1, "m", 1]), b.node("Shape", [view])]);
    const sum = b.node("Add", [view, wide]);
    const cut = b.node("Slice", [sum, b.ints(1), length(1), b.ints(2)]);
    b.output(
      b.node("Tile", [
        cut,
        b.node("Concat", [b.ints(1, 1), b.node("Div", [length(1), length(1)]), b.ints(1)], { axis: int(0) }),
      ]),
    );
  });
  await expectSimplified(model, { lengths: { n: 2, m: 4 } });
  expect(ops(model).sort()).toEqual(["Add", "Expand", "Reshape", "Slice", "Transpose"]);
});
