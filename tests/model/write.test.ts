// The writer: what was read, written and read again.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import {
  addConstant,
  bufferModelSink,
  bytesOf,
  constantTensor,
  graphsOf,
  type Model,
  modelDifferences,
  Names,
  openModel,
  rename,
  type WriteOptions,
  writeModel,
} from "../../src/model/index.ts";
import { codeOf, FIXTURES, fixture, MNIST, message, modelAround, openBytes } from "./files.ts";
import { attribute, between, floats, node } from "./hostile/proto.ts";

/** The bytes of the main file. */
async function written(model: Model, options: WriteOptions = {}): Promise<Uint8Array> {
  const sink = bufferModelSink();
  await writeModel(model, sink, options);
  return sink.files.get("model.onnx") as Uint8Array;
}

async function constants(model: Model): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, { constant }] of model.graph.values) {
    if (!constant) continue;
    const { dtype, shape, data } = await constant.read();
    const elements = dtype === "string" ? data : Buffer.from(bytesOf({ dtype, shape, data })).toString("hex");
    found[name] = { dtype, shape, elements };
  }
  return found;
}

describe.each(["raw", "typed", "external"])("every element type, %s", (place) => {
  test.each(["never", "always"] as const)("external: %s", async (external) => {
    const source = await openModelSource(join(FIXTURES, `types-${place}.onnx`));
    const model = await openModel(source);
    const sink = bufferModelSink("types.onnx");
    const report = await writeModel(model, sink, { external, externalFrom: 1 });
    expect(new Map(report.files.map(({ name, bytes }) => [name, bytes]))).toEqual(
      new Map([...sink.files].map(([name, { byteLength }]) => [name, byteLength])),
    );
    expect(report.external).toBe(external === "always" ? 27 : 0);
    const again = await openModel(sink.source());
    expect(await constants(again)).toEqual(await constants(model));
    expect(await modelDifferences(model, again, { strictOrder: true })).toEqual([]);
    await source.close();
  });
});

test("protobuf's own bytes, where a file is as protobuf writes it", async () => {
  const { graph, ...rest } = await openBytes(fixture("types-raw.onnx"));
  expect(Buffer.compare(await written({ ...rest, graph }), fixture("types-raw.onnx"))).toBe(0);
});

describe("a file with every field there is, and some that are not", () => {
  test("keeps all of it, and is the same when it is written again", async () => {
    const model = await openBytes(fixture("everything.onnx"));
    const first = await written(model);
    const again = await openBytes(first);
    expect(await modelDifferences(model, again, { strictOrder: true })).toEqual([]);
    expect(Buffer.compare(await written(again), first)).toBe(0);
    // Each message inside another that is not understood takes a tag and a length of its own.
    expect(first.byteLength - fixture("everything.onnx").byteLength).toBeLessThan(100);
  });

  test("what names values follows when they are renamed", async () => {
    const model = await openBytes(fixture("everything.onnx"));
    const names = new Names(model);
    for (const graph of graphsOf(model))
      for (const value of [...graph.values.values()]) rename(value, names.fresh("renamed"));
    const again = await openBytes(await written(model));
    const [node] = again.graph.nodes;
    expect(node?.devices?.[0]?.shards.map(({ value }) => value?.name.slice(0, 7))).toEqual([
      "renamed",
      undefined,
    ]);
    expect(again.graph.quantization).toHaveLength(1);
    expect(again.training?.[0]?.updateBindings.map(({ target }) => target === again.graph.inputs[1])).toEqual(
      [true],
    );
    const inner = again.graph.nodes[1]?.attributes.get("g");
    const described = inner?.kind === "graph" ? inner.value.described : undefined;
    expect(described?.map(({ value }) => value === again.graph.inputs[0])).toEqual([true]);
    expect(await modelDifferences(model, again, { strictOrder: true })).toEqual([]);
  });

  test("what was taken out is spoken of no longer", async () => {
    const model = await openBytes(fixture("everything.onnx"));
    model.graph.values.delete("zero");
    const again = await openBytes(await written(model));
    expect(again.graph.quantization).toBeUndefined();
  });
});

test("names that are no UTF-8 stay what they are, and stay apart", async () => {
  const name = (byte: number) => Uint8Array.from([0x77, byte]);
  const tensor = (byte: number) =>
    message([
      [1, 1],
      [2, 1],
      [8, name(byte)],
      [9, Uint8Array.from([byte, 0, 0, 0])],
    ]);
  const bytes = modelAround(tensor(0xfe), [
    [5, tensor(0xff)],
    [10, Uint8Array.from([0xef, 0xbb, 0xbf, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x80, 0xc3])],
  ]);
  const model = await openBytes(bytes);
  expect([...model.graph.values.keys()].slice(0, 2)).toEqual(["w\udcfe", "w\udcff"]);
  expect(model.graph.doc).toBe("\ufeff😀\udced\udca0\udc80\udcc3");
  const first = await written(model);
  expect(Buffer.from(first).includes(Buffer.from([0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x80, 0xc3]))).toBe(
    true,
  );
  for (const byte of [0xfe, 0xff]) expect(Buffer.from(first).includes(Buffer.from(name(byte)))).toBe(true);
  expect(await modelDifferences(model, await openBytes(first))).toEqual([]);
});

describe("what cannot be written", () => {
  test("a format without a writer", async () => {
    const model = await openBytes(fixture("types-raw.onnx"));
    expect(await codeOf(writeModel(model, bufferModelSink("m.tflite")))).toBe("MODEL_FORMAT_NO_WRITER");
    expect(await codeOf(writeModel(model, bufferModelSink("m"), { format: "gguf" }))).toBe(
      "MODEL_FORMAT_NO_WRITER",
    );
    expect(await codeOf(writeModel(model, bufferModelSink("m"), { format: "onnx" }))).toBe("opened");
  });

  test("more than protobuf holds, where the weights may not move out", async () => {
    const model = await openBytes(readFileSync(MNIST));
    const huge = constantTensor({ dtype: "uint8", shape: [1], data: new Uint8Array(1) }, "test");
    addConstant(model.graph, "huge", { ...huge, shape: [2 ** 31], byteLength: 2 ** 31 });
    await expect(writeModel(model, bufferModelSink(), { external: "never" })).rejects.toMatchObject({
      code: "MODEL_TOO_LARGE_INLINE",
      message: expect.stringMatching(/model\.onnx would take 2147\d{6} bytes/),
    });
  });

  test("a tensor that breaks its word", async () => {
    const model = await openBytes(readFileSync(MNIST));
    const tensor = constantTensor({ dtype: "uint8", shape: [2], data: new Uint8Array(2) }, "test");
    addConstant(model.graph, "short", { ...tensor, shape: [3], byteLength: 3 });
    expect(await codeOf(written(model))).toBe("MODEL_TENSOR_SIZE");
  });
});

test("a Constant of an attribute that is called as what all objects have stays what it is", async () => {
  const odd = node("Constant", [], ["y"], [5, attribute("constructor", { tensor: floats("", 2) })]);
  const model = await openBytes(between([odd], { inputs: [] }));
  const again = await openBytes(await written(model, { external: "always" }));
  expect(again.graph.nodes.map(({ attributes }) => [...attributes.keys()])).toEqual([["constructor"]]);
});
