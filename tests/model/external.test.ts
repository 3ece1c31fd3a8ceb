// Weights that move into a file beside the model, and back.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { openModelSink, openModelSource } from "../../src/base/node/index.ts";
import { countOperators } from "../../src/model/graph/index.ts";
import {
  addConstant,
  bufferModelSink,
  constantTensor,
  graphsOf,
  type LazyTensor,
  type Model,
  modelDifferences,
  openModel,
  type WriteOptions,
  writeModel,
} from "../../src/model/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { FIXTURES, fixture, MNIST, openBytes } from "./files.ts";

const N = 300;

/** The runtime's answers for an x that is no constant. */
async function answers(path: string): Promise<Record<string, unknown>> {
  const session = await InferenceSession.create(path, { logSeverityLevel: 3 });
  const x = new Tensor(
    "float32",
    Float32Array.from({ length: N }, (_, i) => Math.sin(i)),
    [N],
  );
  const all = await session.run({ x });
  await session.release();
  return Object.fromEntries(Object.entries(all).map(([name, { data }]) => [name, data]));
}

/** Every tensor that lies outside, by name. */
function outside(model: Model): LazyTensor[] {
  const found = new Set<LazyTensor>();
  const add = (tensor: LazyTensor | null | undefined) => {
    if (tensor && "file" in tensor.origin && tensor.origin.file.endsWith(".data")) found.add(tensor);
  };
  for (const graph of graphsOf(model)) {
    for (const { constant, sparse } of graph.values.values())
      for (const each of [constant, sparse?.values, sparse?.indices]) add(each);
    for (const { attributes } of graph.nodes)
      for (const each of attributes.values()) {
        if (each.kind === "tensor") add(each.value);
        if (each.kind === "sparse") for (const part of [each.value.values, each.value.indices]) add(part);
      }
  }
  return [...found];
}

async function write(from: string, to: string, options: WriteOptions) {
  const source = await openModelSource(from);
  const report = await writeModel(await openModel(source), await openModelSink(to), options);
  await source.close();
  return report;
}

describe("constants of every sort", () => {
  const original = join(FIXTURES, "weights.onnx");

  test.each([
    ["from 1 kB", 1024, 18],
    // The runtime looks for a condition of If that lies outside in the wrong folder: one byte stays.
    ["from 2 bytes", 2, 20],
  ])("%s: outside, and back, with the same answers", async (_what, externalFrom, count) => {
    const folder = emptyFolder();
    const [there, back] = [join(folder, "there.onnx"), join(folder, "back.onnx")];
    const report = await write(original, there, { external: "always", externalFrom });
    expect(report).toMatchObject({
      format: "onnx",
      external: count,
      files: [
        { name: "there.onnx", bytes: statSync(there).size },
        { name: "there.onnx.data", bytes: statSync(`${there}.data`).size },
      ],
    });
    expect(await answers(there)).toEqual(await answers(original));
    const source = await openModelSource(there);
    const model = await openModel(source);
    const tensors = outside(model);
    expect(tensors).toHaveLength(count);
    const { producer, ...rest } = model;
    expect(rest.notes).toEqual([`${count} tensors lie in there.onnx.data`]);
    for (const { origin, byteLength } of tensors) {
      expect("offset" in origin && origin.offset % 4096).toBe(0);
      expect(byteLength).toBeGreaterThanOrEqual(externalFrom);
    }
    await write(there, back, { external: "never" });
    expect(await answers(back)).toEqual(await answers(original));
    expect(await modelDifferences(model, await openBytes(readFileSync(back)), { strictOrder: true })).toEqual(
      [],
    );
    await source.close();
  });

  test("Constant nodes become initializers, but where the graph gives them out, and in functions", async () => {
    const sink = bufferModelSink();
    const { graph, functions } = await openBytes(fixture("weights.onnx"));
    const model = await openBytes(fixture("weights.onnx"));
    const report = await writeModel({ ...model, graph, functions }, sink, { external: "always" });
    const again = await openModel(sink.source());
    const operators = (nodes: Model["graph"]["nodes"]) => nodes.map(({ op, name }) => `${op} ${name}`.trim());
    expect(operators(again.graph.nodes)).toEqual([
      "Constant node sparse node",
      "Constant node small node",
      "Constant yes node",
      "Identity given node",
      "Cast",
      "If",
      "Grow",
      "Sum",
    ]);
    const [, , , , , branches] = again.graph.nodes;
    const then = branches?.attributes.get("then_branch");
    expect(then?.kind === "graph" && operators(then.value.nodes)).toEqual([
      "Sum",
      "Identity then given node",
    ]);
    expect(operators(again.functions[0]?.graph.nodes ?? [])).toEqual([
      "Constant inside node",
      "Constant small node",
      "Sum",
    ]);
    expect(again.graph.values.get("node ints")?.constant).toMatchObject({ dtype: "int64", shape: [N] });
    const count = (of: Model, op: string) => countOperators(of)[op] ?? 0;
    expect(report.lifted).toEqual({
      nodes: count(model, "Constant") - count(again, "Constant"),
      copied: count(again, "Identity") - count(model, "Identity"),
    });
    expect(report.lifted.copied).toBe(3);
    expect(report.notes).toEqual([expect.stringMatching(/^\d+ Constant nodes are initializers now/)]);
    // The model that was given is as it was.
    expect(await modelDifferences({ ...model, graph, functions }, model, { strictOrder: true })).toEqual([]);
  });

  test("before IR version 4 no initializer may stand alone: the nodes stay, their tensors move", async () => {
    const model = await openBytes(fixture("weights.onnx"));
    const sink = bufferModelSink();
    await writeModel({ ...model, irVersion: 3 }, sink, { external: "always" });
    const again = await openModel(sink.source());
    expect(again.graph.nodes.map(({ op }) => op)).toEqual(model.graph.nodes.map(({ op }) => op));
    expect(again.graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(outside(again)).toHaveLength(16);
  });
});

test("large tensors begin where Windows can map them, small ones stay inside", async () => {
  const model = await openBytes(readFileSync(MNIST));
  const tensor = (bytes: number) =>
    constantTensor({ dtype: "uint8", shape: [bytes], data: new Uint8Array(bytes).fill(bytes % 251) }, "test");
  for (const bytes of [1_500_000, 1023, 1024, 2 ** 20, 5000, 2 ** 20 - 1])
    addConstant(model.graph, `of ${bytes}`, tensor(bytes));
  const sink = bufferModelSink();
  await writeModel(model, sink, { external: "always" });
  const again = await openModel(sink.source());
  const places = new Map<number, number>();
  for (const { name, constant } of again.graph.values.values()) {
    const origin = constant?.origin;
    if (name.startsWith("of ") && origin && "offset" in origin && origin.file.endsWith(".data"))
      places.set(constant.byteLength, origin.offset);
  }
  expect([...places.keys()]).toEqual([1_500_000, 1024, 2 ** 20, 5000, 2 ** 20 - 1]);
  for (const [bytes, offset] of places)
    expect(offset % (bytes >= 2 ** 20 ? 65_536 : 4096), `${bytes}`).toBe(0);
  // Between tensors there are zeros, and of each tensor its own bytes.
  const data = sink.files.get("model.onnx.data") as Uint8Array;
  const sum = data.reduce((total, byte) => total + byte, 0);
  const weights = outside(again);
  let expected = 0;
  for (const each of weights)
    for await (const piece of each.stream()) for (const byte of piece) expected += byte;
  expect(sum).toBe(expected);
});

test("auto: inside as long as protobuf holds it, and beside from there on", async () => {
  const model = await openBytes(readFileSync(MNIST));
  const inside = bufferModelSink();
  await writeModel(model, inside);
  expect([...inside.files.keys()]).toEqual(["model.onnx"]);
  // 2 GB that nobody has to hold.
  const piece = new Uint8Array(2 ** 22);
  const huge = constantTensor({ dtype: "uint8", shape: [1], data: new Uint8Array(1) }, "test");
  addConstant(model.graph, "huge", {
    ...huge,
    shape: [2 ** 31],
    byteLength: 2 ** 31,
    async *stream() {
      for (let at = 0; at < 2 ** 31; at += piece.byteLength) yield piece;
    },
  });
  const written = new Map<string, number>();
  const report = await writeModel(model, {
    name: "big.onnx",
    main: async () => counting("big.onnx", written),
    beside: async (name) => counting(name, written),
    commit: async () => {},
    abort: async () => {},
  });
  expect([...written.keys()].sort()).toEqual(["big.onnx", "big.onnx.data"]);
  expect(written.get("big.onnx.data")).toBeGreaterThanOrEqual(2 ** 31);
  expect(written.get("big.onnx")).toBeLessThan(20_000);
  expect(report.notes).toEqual([expect.stringMatching(/^the weights lie in big\.onnx\.data/)]);
});

function counting(name: string, written: Map<string, number>) {
  written.set(name, 0);
  return {
    name,
    get position() {
      return written.get(name) ?? 0;
    },
    async write(bytes: Uint8Array) {
      written.set(name, this.position + bytes.byteLength);
    },
  };
}
