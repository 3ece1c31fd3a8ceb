// What a model was read as is kept, and believed for as long as reading it would give the same.
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSink, openModelSource } from "../../src/base/node/index.ts";
import { openModel, writeModel } from "../../src/model/index.ts";
import { type Found, scanFolder } from "../../src/run/pipeline/folder.ts";
import { answerOf } from "../../src/run/pipeline/reader/answer.ts";
import type { Description, ReaderAsk } from "../../src/run/pipeline/reader/messages.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { casesOf } from "../model/tflite/packs.ts";
import { MNIST, modelsFolder } from "./models-folder.ts";

const YAML =
  "name: digits\ntask: image-classification\noutputs: { classes: { kind: scores, labels: labels.txt } }\n";
const LABELS = Array.from({ length: 10 }, (_, i) => `digit ${i}`).join("\n");
const YEAR_2001 = new Date(978_307_200_000);
const DOCTORED = "what was kept";

/** Reads the model of a folder as the reader's thread does. */
async function read(folder: string, cache: string, kind: ReaderAsk["kind"] = "read"): Promise<Description> {
  const [found] = (await scanFolder(folder)) as [Found];
  return (await answerOf({ kind, path: found.source, found, cache })) as Description;
}

/** A file that has not been changed for long. */
function write(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content);
  settle(path);
}

function settle(path: string): void {
  utimesSync(path, YEAR_2001, YEAR_2001);
}

function pagesOf(cache: string): string[] {
  const folder = join(cache, "read");
  return readdirSync(folder).map((name) => join(folder, name));
}

/** Changes what is kept, so that it can be told from what is read. */
function doctor(cache: string): void {
  for (const path of pagesOf(cache)) {
    const page = JSON.parse(readFileSync(path, "utf8"));
    const content = JSON.parse(page.value.text);
    content.description.summary = DOCTORED;
    const text = JSON.stringify(content);
    const sha256 = createHash("sha256").update(text).digest("hex");
    writeFileSync(path, JSON.stringify({ ...page, value: { sha256, text } }));
  }
}

/** A folder with labels beside the model, and the cache in which a doctored description of it lies. */
async function kept(): Promise<{ folder: string; cache: string; read: () => Promise<Description> }> {
  const folder = modelsFolder({ "model.onnx": { copy: MNIST }, "model.yaml": YAML, "labels.txt": LABELS });
  for (const name of readdirSync(folder)) settle(join(folder, name));
  const cache = emptyFolder();
  const first = await read(folder, cache);
  expect(first.words.labels.classes?.[7]).toBe("digit 7");
  expect(pagesOf(cache)).toHaveLength(1);
  doctor(cache);
  expect(await read(folder, cache)).toEqual({ ...first, summary: DOCTORED });
  return { folder, cache, read: () => read(folder, cache) };
}

/** The same text but for its last letter. */
const altered = (text: string) => text.replace(/.$/, (last) => (last === "x" ? "y" : "x"));

describe("a description that was kept is not believed", () => {
  test.each<[string, (folder: string) => void, Partial<Description>]>([
    [
      "of a model that was replaced by one of the same size and time",
      (folder) => {
        const bytes = readFileSync(MNIST);
        const at = bytes.indexOf("CNTK");
        write(
          join(folder, "model.onnx"),
          Buffer.concat([bytes.subarray(0, at), Buffer.from("cntk"), bytes.subarray(at + 4)]),
        );
      },
      { digest: expect.not.stringMatching(/^2f06e72d/) },
    ],
    [
      "once model.yaml is edited",
      (folder) => write(join(folder, "model.yaml"), `${YAML}description: digits\n`),
      { file: expect.objectContaining({ description: "digits" }) },
    ],
    [
      "once labels beside it are others of the same size and time",
      (folder) => write(join(folder, "labels.txt"), altered(LABELS)),
      { words: { labels: { classes: expect.arrayContaining(["digit x"]) }, lists: {} } },
    ],
    [
      "once a file lies beside it that was looked for and was not there",
      (folder) => write(join(folder, "preprocessor_config.json"), "{"),
      { warnings: [expect.stringContaining("preprocessor_config.json")] },
    ],
  ])("%s", async (_, change, expected) => {
    const { folder, read } = await kept();
    change(folder);
    const anew = await read();
    expect(anew.summary).not.toBe(DOCTORED);
    expect(anew).toMatchObject(expected);
  });

  test("once labels that it names are gone", async () => {
    const { folder, read } = await kept();
    rmSync(join(folder, "labels.txt"));
    await expect(read()).rejects.toMatchObject({ code: "MODEL_PART_MISSING" });
  });

  test.each([
    ["was cut", (text: string) => text.slice(0, -40)],
    ["has another letter", (text: string) => text.replace("digit 3", "digit 4")],
    ["is empty", () => ""],
    ["is of another form", () => '{"format":2,"made":1,"value":{"text":7}}'],
  ])("where its page %s", async (_, damage) => {
    const { cache, read } = await kept();
    for (const path of pagesOf(cache)) writeFileSync(path, damage(readFileSync(path, "utf8")));
    const anew = await read();
    expect(anew.summary).not.toBe(DOCTORED);
    expect(anew.words.labels.classes?.[3]).toBe("digit 3");
  });
});

test("of weights beside it only the size counts, which is all that is said of them", async () => {
  const folder = emptyFolder();
  const source = await openModelSource(MNIST);
  const sink = await openModelSink(join(folder, "model.onnx"));
  await writeModel(await openModel(source), sink, { external: "always" });
  await source.close();
  const weights = join(folder, "model.onnx.data");
  const bytes = readFileSync(weights);
  for (const name of readdirSync(folder)) settle(join(folder, name));
  const cache = emptyFolder();
  await read(folder, cache);
  doctor(cache);
  expect((await read(folder, cache)).summary).toBe(DOCTORED);
  write(weights, Buffer.concat([bytes, new Uint8Array(64)]));
  const anew = await read(folder, cache);
  expect(anew.summary).not.toBe(DOCTORED);
  expect(anew.bytes).toBe(statSync(join(folder, "model.onnx")).size + bytes.length + 64);
});

test("what it was converted to is kept with it, and looked for", async () => {
  const folder = emptyFolder();
  write(join(folder, "relu.tflite"), casesOf("RELU")[0]?.model as Uint8Array);
  const cache = emptyFolder();
  expect((await read(folder, cache)).runnable).toBeNull();
  const runnable = await read(folder, cache, "convert");
  doctor(cache);
  expect(await read(folder, cache)).toMatchObject({ summary: DOCTORED, runnable });
  rmSync(join(cache, "onnx"), { recursive: true });
  expect((await read(folder, cache)).runnable).toBeNull();
});

describe("of what was changed only just now, and may be changed again within the clock's step", () => {
  const soon = new Date(Date.now() + 3_600_000);
  const fresh = async (name: string) => {
    const folder = modelsFolder({ "model.onnx": { copy: MNIST }, "model.yaml": YAML, "labels.txt": LABELS });
    for (const each of readdirSync(folder)) settle(join(folder, each));
    utimesSync(join(folder, name), soon, soon);
    const cache = emptyFolder();
    await read(folder, cache);
    return existsSync(join(cache, "read")) ? pagesOf(cache).length : 0;
  };

  test("a model is kept, since it is hashed once more, as after it was fetched", async () => {
    expect(await fresh("model.onnx")).toBe(1);
  });

  test("a file beside it is not", async () => {
    expect(await fresh("labels.txt")).toBe(0);
  });

  test("a model is not where it is another by then", async () => {
    const folder = modelsFolder({ "model.onnx": { copy: MNIST } });
    const path = join(folder, "model.onnx");
    utimesSync(path, soon, soon);
    const [found] = (await scanFolder(folder)) as [Found];
    const cache = emptyFolder();
    await answerOf({ kind: "read", path, found, cache, digest: "0".repeat(64) });
    expect(existsSync(join(cache, "read"))).toBe(false);
  });
});

test("two models of the same bytes are kept apart", async () => {
  const cache = emptyFolder();
  const { folder } = await kept();
  const other = emptyFolder();
  cpSync(folder, other, { recursive: true, preserveTimestamps: true });
  write(join(other, "labels.txt"), altered(LABELS));
  const first = await read(folder, cache);
  const second = await read(other, cache);
  expect(second.words).not.toEqual(first.words);
  expect((await read(folder, cache)).words).toEqual(first.words);
});

describe("what model.yaml says is parsed once", () => {
  const scan = async (folder: string, cache: string) =>
    ((await scanFolder(folder, { keepIn: cache })) as [Found])[0];
  const scanned = async (text: string) => {
    const folder = modelsFolder({ "model.onnx": { copy: MNIST }, "model.yaml": text });
    const cache = emptyFolder();
    return { folder, cache, found: await scan(folder, cache) };
  };

  test("until it is edited, or what is kept is damaged", async () => {
    const { folder, cache, found } = await scanned(YAML);
    const [page = ""] = pagesOf(cache);
    const content = JSON.parse(readFileSync(page, "utf8"));
    const put = (text: string, of = text) => {
      const sha256 = createHash("sha256").update(of).digest("hex");
      writeFileSync(page, JSON.stringify({ ...content, value: { sha256, text } }));
    };
    const doctored = JSON.stringify({ ...found.file, description: DOCTORED });
    put(doctored);
    expect((await scan(folder, cache)).file.description).toBe(DOCTORED);
    put(doctored, "another text");
    expect(await scan(folder, cache)).toEqual(found);
    writeFileSync(join(folder, "model.yaml"), `${YAML}description: edited\n`);
    expect((await scan(folder, cache)).file.description).toBe("edited");
  });

  test("and each time where something is wrong with it", async () => {
    const { folder, cache, found } = await scanned("task: [\n");
    expect(found).toMatchObject({ error: { code: "CONTRACT_YAML" } });
    expect(readdirSync(cache)).toEqual([]);
    expect(await scan(folder, cache)).toMatchObject({ error: { code: "CONTRACT_YAML" } });
  });

  test("and each time where JSON cannot hold it", async () => {
    const { folder, cache, found } = await scanned(
      "outputs: { classes: { kind: scores, threshold: -.inf } }\n",
    );
    expect(await scan(folder, cache)).toEqual(found);
  });
});
