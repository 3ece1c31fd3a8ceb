// What a file of another format carries beside its graph goes along into ONNX, and says the same there.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fail } from "../../src/base/errors/index.ts";
import type { Attachment } from "../../src/model/graph/graph.ts";
import { carriedAttachments } from "../../src/model/graph/index.ts";
import { convertModel } from "../../src/run/convert/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, modelyard } from "../cli/modelyard.ts";
import { adding, float32 } from "../model/tflite/file.ts";
import { MODELS, NO_MODELS } from "../serve/catalogue.ts";

const KEY = "modelyard.attachments";
const ADDS = adding({
  tensors: [
    { name: "x", shape: [2] },
    { name: "b", shape: [2], data: float32(10, 20) },
    { name: "y", shape: [2] },
  ],
  inputs: [0],
});

function attachment(kind: Attachment["kind"], name: string, data: Uint8Array): Attachment {
  const shape = [data.byteLength];
  const content: Attachment["content"] = {
    name,
    dtype: "uint8",
    shape,
    byteLength: data.byteLength,
    origin: { derived: "test" },
    read: async () => ({ dtype: "uint8", shape, data }),
    async *stream() {
      yield data;
    },
  };
  return { kind, name, content };
}

/** Converts a model that carries these, and opens the result. */
async function converted(attachments: readonly Attachment[]) {
  const folder = emptyFolder();
  const [path, out] = [join(folder, "adds.tflite"), join(folder, "adds.onnx")];
  writeFileSync(path, ADDS);
  const opened = await openSource(path);
  opened.model.attachments = attachments;
  const { notes } = await convertModel(opened, out).finally(opened.close);
  const { model, close } = await openSource(out);
  await close();
  return { notes, model };
}

test("descriptions and packed files go along byte by byte; what the runtime wants does not", async () => {
  const every = Uint8Array.from({ length: 3 * 8192 + 1 }, (_, i) => i);
  const { model, notes } = await converted([
    attachment("metadata", "TFLITE_METADATA", every),
    attachment("metadata", "min_runtime_version", new Uint8Array(16)),
    attachment("file", "__proto__", new Uint8Array()),
    attachment("file", "Namen.txt", new TextEncoder().encode("Käse\n")),
  ]);
  expect(notes).toEqual([]);
  const found = await Promise.all(
    (model.attachments ?? []).map(async ({ kind, name, content }) => [
      kind,
      name,
      (await content.read()).data,
    ]),
  );
  expect(found).toEqual([
    ["metadata", "TFLITE_METADATA", every],
    ["file", "__proto__", new Uint8Array()],
    ["file", "Namen.txt", new TextEncoder().encode("Käse\n")],
  ]);
});

test("a model without any has no metadata for it; too much stays behind, and a note says so", async () => {
  const without = await converted([attachment("metadata", "min_runtime_version", new Uint8Array(16))]);
  expect(without.model.metadata.has(KEY)).toBe(false);
  expect(without.notes).toEqual([]);
  const large = await converted([attachment("file", "labels.txt", new Uint8Array(2 ** 22 + 1))]);
  expect(large.model.metadata.has(KEY)).toBe(false);
  expect(large.notes).toEqual([expect.stringContaining("4194305 bytes")]);
});

test("inspect lists what is carried, by name and size, and prints none of it", async () => {
  const folder = emptyFolder();
  const [path, out] = [join(folder, "adds.tflite"), join(folder, "adds.onnx")];
  writeFileSync(path, ADDS);
  const opened = await openSource(path);
  opened.model.attachments = [attachment("file", "vocab.txt", new Uint8Array(100_000))];
  await convertModel(opened, out).finally(opened.close);
  const { stdout } = await modelyard(["inspect", out, "--json"]);
  expect(stdout.length).toBeLessThan(10_000);
  expect(JSON.parse(stdout)).toMatchObject({
    metadata: {},
    attachments: [{ kind: "file", name: "vocab.txt", bytes: 100_000 }],
  });
});

test("what is damaged stays behind with a note, and the rest goes along", async () => {
  const good = attachment("file", "labels.txt", new Uint8Array(3));
  const read = async () => {
    throw fail("MODEL_ZIP_DAMAGED", { file: "m", problem: "no" });
  };
  const bad = { ...good, name: "vocab.txt", content: { ...good.content, read } };
  const { model, notes } = await converted([bad, good]);
  expect(carriedAttachments(model.metadata).map(({ name }) => name)).toEqual(["labels.txt"]);
  expect(notes).toEqual([expect.stringMatching(/^vocab\.txt in the original does not go along/)]);
});

test("metadata that carries what cannot be carries nothing", () => {
  const good = ["file", "labels.txt", "YQ=="];
  const read = (text: string) => carriedAttachments(new Map([[KEY, text]])).map(({ name }) => name);
  expect(read(JSON.stringify([good]))).toEqual(["labels.txt"]);
  const odd = [
    {},
    null,
    [null],
    [[]],
    [good, ["other", "x", "YQ=="]],
    [["file", 1, "YQ=="]],
    [["file", "x", "*"]],
  ];
  const texts = [...odd.map((each) => JSON.stringify(each)), "", "[", JSON.stringify(Array(257).fill(good))];
  for (const text of texts) expect(read(text), text.slice(0, 60)).toEqual([]);
});

test.skipIf(!existsSync(MODELS))(
  `a classifier whose labels are damaged answers in numbers, with a warning (${NO_MODELS})`,
  async () => {
    const path = join(emptyFolder(), "mobilenet.tflite");
    const bytes = readFileSync(join(MODELS, "tflite/mobilenet_v1_0.25_224_quant.tflite"));
    const label = bytes.lastIndexOf("cheeseburger");
    writeFileSync(path, bytes.fill("C", label, label + 1));
    const { code, stdout, stderr } = await modelyard(["run", path, BURGER, "--top", "1", "--json"]);
    expect([code, JSON.parse(stdout)[0].label]).toEqual([0, "934"]);
    expect(JSON.parse(stderr).warning).toMatch(
      /^labels\.txt, packed into the model, is not heeded.*MODEL_ZIP_DAMAGED/,
    );
  },
);

const BURGER = join(MODELS, "tflite/burger.jpg");
test.skipIf(!existsSync(BURGER))(
  `the converted classifier says what the original says (${NO_MODELS})`,
  async () => {
    const out = join(emptyFolder(), "model.onnx");
    const model = join(MODELS, "tflite/mobilenet_v1_0.25_224_quant.tflite");
    expect(await modelyard(["convert", model, out])).toMatchObject({ code: 0 });
    const { stdout } = await modelyard(["run", out, BURGER, "--top", "1"]);
    expect(stdout).toContain("cheeseburger");
  },
);

test.skipIf(!existsSync(BURGER))(
  `the compiled classifier says what the original says (${NO_MODELS})`,
  async () => {
    const out = join(emptyFolder(), "compiled");
    const model = join(MODELS, "tflite/mobilenet_v1_0.25_224_quant.tflite");
    const compiled = await modelyard(["compile", model, "-o", out, "--json"]);
    expect(JSON.parse(compiled.stdout)).toMatchObject({ described: "written" });
    const [own, other] = await Promise.all(
      [model, out].map((each) => modelyard(["run", each, BURGER, "--top", "1", "--json"])),
    );
    expect(JSON.parse(own?.stdout ?? "")[0].label).toBe("cheeseburger");
    expect(other?.stdout).toBe(own?.stdout);
  },
);
