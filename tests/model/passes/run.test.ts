import { expect, test } from "vitest";
import { setAttribute } from "../../../src/model/graph/attributes.ts";
import { attribute, type Model, setInput } from "../../../src/model/graph/index.ts";
import { MAX_ROUNDS, type Pass, runPasses, SIMPLIFY } from "../../../src/model/passes/index.ts";
import { build, ops } from "./build.ts";
import { checked, expectSound, quiet } from "./invariants.ts";

/** Takes out one Relu a time. */
const oneRelu: Pass = {
  name: "one-relu",
  promises: "One Relu less.",
  run(model, context) {
    const last = model.graph.nodes.at(-1);
    if (last?.op !== "Relu") return { model, modified: false };
    context.note("a Relu is gone");
    model.graph.nodes = model.graph.nodes.slice(0, -1);
    return { model, modified: true };
  },
};

const relus = (count: number) =>
  build(17, (b) => {
    let x = b.input("x", "float32", [2]);
    for (let i = 0; i < count; i++) x = b.node("Relu", [x]);
    b.output(x);
  });

test("passes are run until nothing changes, and what each did is reported", async () => {
  const notes: string[] = [];
  const { modified, report } = await runPasses(relus(3), [oneRelu], { note: (text) => notes.push(text) });
  expect(modified).toBe(true);
  expect(report).toEqual({
    rounds: 4,
    settled: true,
    nodes: { before: 3, after: 0 },
    passes: [
      {
        pass: "one-relu",
        applied: 3,
        removed: 3,
        added: 0,
        changed: 0,
        constants: { removed: 0, added: 0 },
        notes: ["a Relu is gone"],
      },
    ],
  });
  expect(notes).toEqual(["a Relu is gone"]);
});

test("what a pass changes in place is counted: operators, attributes, what is read, and constants", async () => {
  const model = build(17, (b) => {
    const x = b.input("x", "float32", [2]);
    const clipped = b.node("Clip", [x, b.constant("float32", [], [0]), b.constant("float32", [], [6])]);
    b.output(b.node("Softmax", [b.node("Relu", [clipped])]));
  });
  const [clip, relu, softmax] = model.graph.nodes;
  const steps = [
    () => clip && setInput(clip, 2, null),
    () => Object.assign(relu ?? {}, { op: "Sigmoid" }),
    () => softmax && setAttribute(softmax, "axis", attribute.int(0)),
    () => clip?.inputs[1] && Object.assign(clip.inputs[1], { constant: null }),
    () => {},
  ];
  const passes = steps.map((step, i): Pass => {
    const run = (given: Model) => {
      step();
      return { model: given, modified: true };
    };
    return { name: `step ${i}`, promises: "", run };
  });
  const { report } = await runPasses(model, passes, quiet, { maxRounds: 1 });
  const none = { removed: 0, added: 0, changed: 0, constants: { removed: 0, added: 0 } };
  expect(report.passes).toMatchObject([
    { ...none, changed: 1 },
    { ...none, changed: 1 },
    { ...none, changed: 1 },
    { ...none, constants: { removed: 1, added: 0 } },
    none,
  ]);
});

test("of what is true only for a while, the last counts", async () => {
  const counting: Pass = {
    ...oneRelu,
    run(model, context) {
      const result = oneRelu.run(model, { ...context, note() {} });
      const { length } = model.graph.nodes;
      if (length > 0) context.note(`${length} are left`, "at last");
      context.note("counted", "at last");
      return result;
    },
  };
  const notes: string[] = [];
  const { report } = await runPasses(relus(3), [counting], { note: (text) => notes.push(text) });
  expect(notes).toEqual(["counted"]);
  expect(report.passes[0]?.notes).toEqual(["counted"]);
});

test("passes that never settle are stopped", async () => {
  const { report } = await runPasses(relus(MAX_ROUNDS + 5), [oneRelu], quiet);
  expect(report.settled).toBe(false);
  expect(report.rounds).toBe(MAX_ROUNDS);
  expect(report.nodes.after).toBe(5);
});

test("an aborted run ends between passes", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(runPasses(relus(1), [oneRelu], { ...quiet, signal })).rejects.toThrow("enough");
});

test("dead nodes, constants and functions go, those that only dead branches read too", async () => {
  const model = build(17, (b) => {
    const x = b.input("x", "float32", [2]);
    const condition = b.input("c", "bool", []);
    b.node("Exp", [b.node("Log", [x])]);
    b.constant("float32", [1], [1], "unread");
    const onlyDead = b.node("Neg", [x]);
    const branch = (name: string) =>
      b.subgraph(name, (inner) => {
        inner.node("Abs", [onlyDead]);
        inner.output(inner.node("Sqrt", [x]));
      });
    const [y] = b.nodes("If", [condition], 1, { then_branch: branch("t"), else_branch: branch("e") });
    if (y) b.output(y);
  });
  model.functions.push({
    domain: "local",
    name: "f",
    overload: "",
    opsets: new Map([["", 17]]),
    attributes: [],
    graph: { name: "f", inputs: [], outputs: [], nodes: [], values: new Map(), parent: null },
  });
  expectSound(model);
  const { report } = await runPasses(model, SIMPLIFY, quiet, { check: checked(model) });
  expect(ops(model)).toEqual(["If"]);
  expect(model.functions).toEqual([]);
  expect([...model.graph.values.keys()]).toEqual(["x", "c", "if"]);
  expect(report.nodes).toEqual({ before: 8, after: 3 });
});

test("an Identity goes unless it names an output that is an input or a constant", async () => {
  const model = build(17, (b) => {
    const x = b.input("x", "float32", [2]);
    b.output(b.node("Identity", [x]));
    b.output(b.node("Identity", [b.node("Identity", [b.node("Relu", [b.node("Identity", [x])])])]));
    const [kept, mask] = b.nodes("Dropout", [x], 2, { seed: attribute.int(1) });
    if (kept && mask) {
      b.output(kept);
      b.output(mask, "bool");
    }
    b.output(b.node("Dropout", [b.node("Abs", [x]), null, b.constant("bool", [], [0])]));
    b.output(b.node("Dropout", [b.node("Neg", [x]), null, b.constant("bool", [], [1])]));
  });
  await runPasses(model, SIMPLIFY, quiet, { check: checked(model) });
  expect(ops(model)).toEqual(["Identity", "Relu", "Dropout", "Abs", "Neg", "Dropout"]);
});
