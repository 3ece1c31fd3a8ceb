import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadOpened, openCatalogue, openSource } from "../../src/run/pipeline/index.ts";
import { Standing } from "../../src/run/pipeline/reader/beside.ts";
import { ANSWERS } from "../../src/run/pipeline/reader/describe.ts";
import { Reader } from "../../src/run/pipeline/reader/reader.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { zipOf } from "../model/archive.ts";
import { between, external, FLOAT, info, node, tensor } from "../model/hostile/proto.ts";
import { casesOf } from "../model/tflite/packs.ts";
import { MNIST, modelsFolder, SEVEN } from "./models-folder.ts";

/** A folder with one model: a chain of so many nodes. */
function chainFolder(length: number): string {
  const nodes = Array.from({ length }, (_, i) => node("Relu", [i === 0 ? "x" : `v${i}`], [`v${i + 1}`]));
  const folder = emptyFolder();
  writeFileSync(join(folder, "chain.onnx"), between(nodes, { outputs: [info(`v${length}`)] }));
  return folder;
}

function readerOf(heapMb?: number): Reader {
  const reader = new Reader({ cache: emptyFolder(), ...(heapMb === undefined ? {} : { heapMb }) });
  onTestFinished(() => reader.close());
  return reader;
}

const bare = (source: string) =>
  ({ name: "m", version: "1", source, folders: [], file: {}, pbtxt: null }) as const;

test("others answer while a file of very many nodes is read, which is refused by its limit", async () => {
  const digits = await openCatalogue(modelsFolder({ "m/1/model.onnx": { copy: MNIST } }));
  onTestFinished(() => digits.close());
  await expect.poll(() => digits.status()[0]?.state).toBe("ready");
  const lease = digits.lease("m");
  onTestFinished(lease.release);

  const chain = await openCatalogue(chainFolder(200_000));
  onTestFinished(() => chain.close());
  let answered = 0;
  const isRead = () => !["waiting", "loading"].includes(chain.status()[0]?.state ?? "");
  while (!isRead()) {
    for await (const event of lease.predict({ kind: "bytes", bytes: readFileSync(SEVEN) }))
      if (event.type === "answer") answered++;
  }
  expect(chain.status()).toMatchObject([{ state: "unavailable", reason: /200000 nodes/ }]);
  // Read on the same thread, it would leave room for one or two.
  expect(answered).toBeGreaterThan(5);
});

test("a catalogue that closes gives up what is being read", async () => {
  const catalogue = await openCatalogue(chainFolder(200_000));
  await expect.poll(() => catalogue.status()[0]?.state).toBe("loading");
  await catalogue.close();
  expect(catalogue.status()[0]?.state).toBe("unloading");
});

test("a file that takes all memory ends its thread and nothing else", async () => {
  const reader = readerOf(16);
  const path = join(chainFolder(100_000), "chain.onnx");
  await expect(reader.read(bare(path))).rejects.toMatchObject({ code: "MODEL_READER_DIED", where: path });
  expect((await reader.read(bare(MNIST))).summary).toMatch(/28/);
});

test("more inputs and outputs than a page and a request can go through are refused", async () => {
  const inputs = Array.from({ length: 10_001 }, (_, i) => info(`x${i}`));
  const path = join(emptyFolder(), "wide.onnx");
  writeFileSync(path, between([node("Relu", ["x0"], ["y"])], { inputs }));
  await expect(readerOf().read(bare(path))).rejects.toMatchObject({
    code: "RUN_GRAPH_TOO_LARGE",
    details: { count: 10_002, parts: "inputs and outputs" },
  });
});

test("what a model of another format packs, and what it is converted to, come from the reader too", async () => {
  const [first] = casesOf("RELU");
  const path = join(emptyFolder(), "relu.tflite");
  writeFileSync(path, Buffer.concat([first?.model as Uint8Array, zipOf({ "labels.txt": "one\ntwo\n" })]));
  const model = await readerOf().read(bare(path));
  onTestFinished(model.close);
  const labels = await model.sibling("labels.txt");
  expect(Buffer.from((await labels?.read(0, labels.size)) ?? []).toString()).toBe("one\ntwo\n");
  expect(await model.sibling("others.txt")).toBeNull();
  const { path: runnable, size } = await model.runnable();
  expect(runnable).toMatch(/model\.onnx$/);
  expect(size.nodes).toBeGreaterThan(0);
});

test("a model whose digest was compared is not hashed again, and one that was converted before is read once", async () => {
  const [first] = casesOf("RELU");
  const path = join(emptyFolder(), "relu.tflite");
  writeFileSync(path, first?.model as Uint8Array);
  const cache = emptyFolder();
  const ask = { path, found: bare(path), cache } as const;
  const read = await ANSWERS.read({ ...ask, kind: "read" }, new Standing(path));
  expect(read.digest).toBe(createHash("sha256").update(readFileSync(path)).digest("hex"));
  expect(read.runnable).toBeNull();
  const converted = await ANSWERS.convert({ ...ask, kind: "convert" }, new Standing(path));
  expect((await ANSWERS.read({ ...ask, kind: "read" }, new Standing(path))).runnable).toEqual(converted);
  // What is said of the file is taken for true, also for what it was converted to.
  const other = "0".repeat(64);
  const told = await ANSWERS.read({ ...ask, digest: other, kind: "read" }, new Standing(path));
  expect(told).toMatchObject({ digest: other, runnable: null });
});

test("weights that are not beside the model are told with the file and where it belongs, before the runtime is asked", async () => {
  const model = between([node("Add", ["x", "w"], ["y"])], {
    constants: [tensor("w", FLOAT, [2], ...external({ location: "weights.bin" }))],
  });
  const path = join(emptyFolder(), "m.onnx");
  writeFileSync(path, model);
  const missing = {
    code: "MODEL_EXTERNAL_MISSING",
    where: join(dirname(path), "weights.bin"),
    message: expect.stringMatching(/tensor w lie in weights\.bin/),
    hint: expect.stringMatching(/Put weights\.bin into the model's folder/),
  };
  await expect(readerOf().read(bare(path))).rejects.toMatchObject(missing);
  const opened = await openSource(path);
  onTestFinished(opened.close);
  expect(opened.files.map(({ name }) => name)).toEqual(["m.onnx"]);
  await expect(loadOpened(opened)).rejects.toMatchObject(missing);
});
