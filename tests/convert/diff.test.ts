// diff: each change that a test makes to a copy is what is reported, and nothing else; distances are computed here once more.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSink } from "../../src/base/node/index.ts";
import { setAttribute } from "../../src/model/graph/attributes.ts";
import { addValue, GraphEdit, Names, setInput } from "../../src/model/graph/index.ts";
import {
  attribute,
  constantTensor,
  type DType,
  type LazyTensor,
  type Model,
  type Tensor,
  tensorFromNumbers,
  toHalf,
  writeModel,
} from "../../src/model/index.ts";
import { compareValues } from "../../src/run/convert/diff/values.ts";
import { convertModel, type DiffOptions, type DiffReport, diffModels } from "../../src/run/convert/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";
import { disguise } from "../model/disguise.ts";
import { HOSTILE } from "../model/hostile/set.ts";
import { fixture } from "../runtime/models.ts";
import { seeded } from "../runtime/tensors.ts";
import { openFile } from "./sabotage.ts";

const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");

async function diffFiles(a: string, b: string, options: DiffOptions = {}): Promise<DiffReport> {
  const [one, other] = [await openSource(a), await openSource(b)];
  try {
    return await diffModels(one, other, options);
  } finally {
    await one.close();
    await other.close();
  }
}

/** A model beside a copy of it in which something was changed. */
async function diffChanged(
  path: string,
  change: (model: Model) => void | Promise<void>,
  options: DiffOptions = {},
): Promise<DiffReport> {
  const copy = await openFile(path);
  const out = join(emptyFolder(), "changed.onnx");
  try {
    await change(copy.model);
    await writeModel(copy.model, await openModelSink(out));
  } finally {
    await copy.close();
  }
  return diffFiles(path, out, options);
}

const NOTHING = {
  same: true,
  signature: [],
  header: [],
  structure: { removed: { count: 0 }, added: { count: 0 }, changed: { count: 0 } },
  weights: { changed: { count: 0 }, removed: { count: 0 }, added: { count: 0 } },
};

describe("what is no difference", () => {
  test("the same file", async () => {
    const report = await diffFiles(MNIST, MNIST);
    expect(report).toMatchObject(NOTHING);
    expect(report.structure.nodes).toEqual({ a: 12, b: 12, unchanged: 12 });
    expect(report.weights).toMatchObject({ compared: 8, same: 8 });
    expect(report.answers).toMatchObject({ reason: null, draws: 3 });
    expect(report.answers.outputs).toMatchObject([{ name: "Plus214_Output_0", identical: true, left: null }]);
  });

  test("other names, another order, weights in another file", async () => {
    const renamed = await diffChanged(MNIST, (model) => disguise(model, 3));
    expect(renamed).toMatchObject(NOTHING);
    const out = join(emptyFolder(), "out.onnx");
    const opened = await openSource(MNIST);
    await convertModel(opened, out, { external: "always" });
    await opened.close();
    expect(await diffFiles(MNIST, out)).toMatchObject(NOTHING);
  });

  test("a default that is written out", async () => {
    const report = await diffChanged(
      MNIST,
      ({ graph }) => {
        for (const node of graph.nodes)
          if (node.op === "MaxPool") setAttribute(node, "storage_order", attribute.int(0));
      },
      { answers: false },
    );
    expect(report).toMatchObject(NOTHING);
    expect(report.answers).toMatchObject({ reason: "they were left out", outputs: [] });
  });
});

describe("what is one", () => {
  test("a weight", async () => {
    let before: number[] = [];
    let after: number[] = [];
    const report = await diffChanged(MNIST, async ({ graph }) => {
      const value = graph.values.get("Parameter5");
      if (!value?.constant) throw new Error("mnist has no Parameter5");
      const tensor = await value.constant.read();
      before = Array.from(tensor.data as Float32Array);
      const data = Float32Array.from(before, (x, i) => (i % 2 === 0 ? x + 0.25 : x));
      after = Array.from(data);
      value.constant = constantTensor({ ...tensor, data }, "test", value.name);
    });
    expect(report).toMatchObject({ ...NOTHING, same: false, weights: { changed: { count: 1 } } });
    const [changed] = report.weights.changed.list;
    const type = "float32[8,1,5,5]";
    expect(changed).toMatchObject({ a: { name: "Parameter5", type }, b: { name: "Parameter5", type } });
    const apart = before.map((x, i) => Math.abs(x - (after[i] as number)));
    const dot = (x: number[], y: number[]) => x.reduce((sum, each, i) => sum + each * (y[i] as number), 0);
    expect(changed?.values).toMatchObject({ count: 200, differing: 100 });
    expect(changed?.values?.largest).toBeCloseTo(Math.max(...apart), 6);
    expect(changed?.values?.mean).toBeCloseTo(apart.reduce((a, b) => a + b) / 200, 6);
    expect(changed?.values?.relative).toBeCloseTo(Math.max(...apart) / Math.max(...before.map(Math.abs)), 6);
    expect(changed?.values?.cosine).toBeCloseTo(
      dot(before, after) / Math.sqrt(dot(before, before) * dot(after, after)),
      6,
    );
    const [answer] = report.answers.outputs;
    expect(answer?.identical).toBe(false);
    expect(answer?.largest).toBeGreaterThan(1);
    expect(answer?.top?.rows).toBe(3);
  });

  test("an attribute, an operator, and what one is computed from", async () => {
    const report = await diffChanged(MNIST, ({ graph }) => {
      const [conv] = graph.nodes.filter(({ op }) => op === "Conv");
      if (conv) setAttribute(conv, "dilations", attribute.ints([2, 2]));
      const [relu] = graph.nodes.filter(({ op }) => op === "Relu");
      if (relu) relu.op = "Sigmoid";
    });
    expect(report).toMatchObject({ same: false, weights: NOTHING.weights, signature: [], header: [] });
    expect(report.structure).toMatchObject({ removed: { count: 0 }, added: { count: 0 } });
    expect(report.structure.changed.list).toEqual([
      {
        a: { op: "Conv", name: "Convolution28", output: "Convolution28_Output_0" },
        b: { op: "Conv", name: "Convolution28", output: "Convolution28_Output_0" },
        changes: [{ what: "dilations", a: "[1,1]", b: "[2,2]" }],
      },
      {
        a: { op: "Relu", name: "ReLU32", output: "ReLU32_Output_0" },
        b: { op: "Sigmoid", name: "ReLU32", output: "ReLU32_Output_0" },
        changes: [{ what: "operator", a: "Relu", b: "Sigmoid" }],
      },
    ]);
  });

  test("a node between two, in a copy where everything has another name", async () => {
    const report = await diffChanged(MNIST, (model) => {
      const { graph } = model;
      const pool = graph.nodes.find(({ op }) => op === "MaxPool");
      const input = pool?.inputs[0];
      if (!pool || !input) throw new Error("mnist has no MaxPool");
      const edit = new GraphEdit(graph);
      const softened = addValue(graph, new Names(model).fresh("softened"));
      edit.insertBefore(pool, { op: "Softplus", inputs: [input], outputs: [softened] });
      setInput(pool, 0, softened);
      edit.commit();
      disguise(model, 11);
    });
    expect(report.structure).toMatchObject({ removed: { count: 0 }, changed: { count: 0 } });
    expect(report.structure.added.list).toMatchObject([{ op: "Softplus" }]);
    expect(report.structure.nodes).toEqual({ a: 12, b: 13, unchanged: 12 });
    expect(report.weights).toMatchObject({ compared: 8, same: 8 });
  });

  test("what is said about the model", async () => {
    const report = await diffChanged(MNIST, (model) => {
      model.opsets.set("", 9);
      model.opsets.set("ai.onnx.ml", 2);
      model.irVersion = 4;
      model.doc = "a net that reads digits";
      model.metadata.set("__proto__", "x");
      model.producer = { name: "test", version: "1" };
    });
    expect(report).toMatchObject({ same: false, structure: NOTHING.structure, weights: NOTHING.weights });
    expect(report.header).toEqual([
      { what: "opset ai.onnx", a: "8", b: "9" },
      { what: "opset ai.onnx.ml", a: null, b: "2" },
      { what: "IR version", a: "3", b: "4" },
      { what: "producer", a: "CNTK 2.5.1", b: "test 1" },
      { what: "description", a: null, b: "a net that reads digits" },
      { what: "metadata __proto__", a: null, b: "x" },
    ]);
  });

  test("what goes in and comes out: then there are no inputs for both", async () => {
    const report = await diffChanged(fixture("mlp"), ({ graph }) => {
      const [input] = graph.inputs;
      if (input?.type?.kind === "tensor") input.type = { ...input.type, shape: [1, 99] };
    });
    expect(report.signature).toMatchObject([{ what: `input ${"x"}` }]);
    expect(report.answers.reason).toMatch(/^input x has another shape in changed\.onnx$/);
  });
});

/** The bytes of a tensor in pieces of odd lengths. */
function lazily(tensor: Tensor): LazyTensor {
  const whole = constantTensor(tensor, "test");
  return {
    ...whole,
    async *stream() {
      for await (const piece of whole.stream()) {
        for (let at = 0; at < piece.byteLength; at += 70_001) yield piece.subarray(at, at + 70_001);
      }
    },
  };
}

describe("tensors read in pieces", () => {
  test("of more elements than a piece has", async () => {
    const random = seeded(5);
    const count = 700_000;
    const a = Float32Array.from({ length: count }, () => random() - 0.5);
    const b = a.slice();
    b[3] = 2;
    b[699_999] = Number.NaN;
    const shape = [7, 100_000];
    const found = await compareValues(
      lazily({ dtype: "float32", shape, data: a }),
      constantTensor({ dtype: "float32", shape, data: b }, "test"),
    );
    expect(found).toMatchObject({ count, differing: 2 });
    expect(found?.largest).toBeCloseTo(2 - (a[3] as number), 6);
  });

  test.each<[DType, DType, number[], number[], number]>([
    ["float32", "float16", [1, 2.5, -3], [1, 2.5, -3], 0],
    ["float32", "bfloat16", [1, 2.5, -3], [1, 2.5, -4], 1],
    ["int64", "int32", [1, -5], [1, 5], 1],
    ["uint8", "bool", [0, 1], [0, 1], 0],
  ])("%s beside %s, as numbers", async (one, other, a, b, differing) => {
    const tensor = (dtype: DType, values: number[]) =>
      constantTensor(tensorFromNumbers(dtype, [values.length], values), "test");
    expect(await compareValues(tensor(one, a), tensor(other, b))).toMatchObject({ differing });
  });

  test("whole numbers that doubles do not tell apart", async () => {
    const tensor = (value: bigint) =>
      constantTensor({ dtype: "int64", shape: [1], data: BigInt64Array.of(value) }, "test");
    expect(await compareValues(tensor(2n ** 60n), tensor(2n ** 60n + 1n))).toMatchObject({ differing: 1 });
  });

  test("text, halves, and what cannot be compared", async () => {
    const text = (...data: string[]) =>
      constantTensor({ dtype: "string", shape: [data.length], data }, "test");
    expect(await compareValues(text("a", "b"), text("a", "c"))).toMatchObject({ count: 2, differing: 1 });
    const half = constantTensor({ dtype: "float16", shape: [1], data: Uint16Array.of(toHalf(1)) }, "test");
    expect(await compareValues(text("a"), half)).toBeNull();
    const two = constantTensor({ dtype: "float16", shape: [2], data: Uint16Array.of(0, 0) }, "test");
    expect(await compareValues(half, two)).toBeNull();
  });
});

test("a graph that is too large for the runtime is compared, and says why it was not run", async () => {
  const path = join(emptyFolder(), "long.onnx");
  writeFileSync(path, HOSTILE.find(({ name }) => name === "30,000 nodes in a row")?.bytes ?? "");
  const { same, structure, answers } = await diffFiles(path, path);
  expect(same).toBe(true);
  expect(structure.nodes).toEqual({ a: 30_000, b: 30_000, unchanged: 30_000 });
  expect(answers).toMatchObject({ outputs: [], reason: expect.stringMatching(/30000 nodes.*at most 25000/) });
  const opened = await openSource(path);
  const { verify } = await convertModel(opened, `${path}.onnx`, { verify: true });
  await opened.close();
  expect(verify).toMatchObject({ verified: false, failure: null, reason: answers.reason });
});
