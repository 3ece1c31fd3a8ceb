import { readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  type Catalogue,
  type CatalogueOptions,
  type Lease,
  type ModelStatus,
  openCatalogue,
} from "../../src/run/pipeline/index.ts";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";
import { type Content, MNIST, modelsFolder, SEVEN, SUM } from "./models-folder.ts";

const model = { copy: MNIST };

/** A catalogue of these files, closed at the end. */
async function catalogueOf(
  files: Readonly<Record<string, Content>>,
  options: CatalogueOptions = {},
): Promise<Catalogue> {
  const catalogue = await openCatalogue(modelsFolder(files), options);
  onTestFinished(() => catalogue.close());
  return catalogue;
}

async function settled(catalogue: Catalogue): Promise<readonly ModelStatus[]> {
  const still = ({ state }: ModelStatus) => state === "ready" || state === "unavailable";
  await expect.poll(() => catalogue.status().every(still)).toBe(true);
  return catalogue.status();
}

/** The code of what a call throws. */
function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return String((error as { code?: string }).code);
  }
  return "nothing was thrown";
}

async function bestOf(lease: Lease, picture = readFileSync(SEVEN)): Promise<string | undefined> {
  for await (const event of lease.predict({ kind: "bytes", bytes: picture })) {
    if (event.type === "answer") return (event.value as { label: string }[])[0]?.label;
  }
  return undefined;
}

test("models answer by name and version, the newest where none is named", async () => {
  const ready: string[] = [];
  const catalogue = await catalogueOf(
    {
      "digits/2/model.onnx": model,
      "digits/10/model.onnx": model,
      "sum/model.yaml": "model: sum.onnx\n",
      "sum/sum.onnx": { copy: SUM },
    },
    { onReady: ({ id, source }) => ready.push(`${id.name} ${id.version} ${source.split("/").at(-1)}`) },
  );
  await settled(catalogue);
  expect(ready.sort()).toEqual(["digits 10 model.onnx", "digits 2 model.onnx", "sum 1 sum.onnx"]);
  const newest = catalogue.lease("digits");
  expect(newest.card.id).toEqual({
    name: "digits",
    version: "10",
    digest: "2f06e72de813a8635c9bc0397ac447a601bdbfa7df4bebc278723b958831c9bf",
  });
  expect([...newest.card.versions].sort()).toEqual(["10", "2"]);
  expect(await bestOf(newest)).toBe("7");
  newest.release();
  const older = catalogue.lease("digits", "2");
  expect(older.card.id.version).toBe("2");
  expect(await bestOf(older)).toBe("7");
  older.release();
  expect(codeOf(() => catalogue.lease("digit"))).toBe("MODEL_UNKNOWN");
  expect(codeOf(() => catalogue.lease("digits", "3"))).toBe("MODEL_VERSION_UNKNOWN");
});

test("one that cannot be loaded stays listed with its reason, and harms no other", async () => {
  const catalogue = await catalogueOf({
    "good/1/model.onnx": model,
    "cut/1/model.onnx": readFileSync(MNIST).subarray(0, 9_000).toString("latin1"),
    "labels/model.yaml":
      "outputs:\n  classes: { kind: scores, tensor: Plus214_Output_0, labels: names.txt }\n",
    "labels/1/model.onnx": model,
    "wrong/model.yaml": `sha256: ${"1".repeat(64)}\n`,
    "wrong/1/model.onnx": model,
  });
  const reasons = Object.fromEntries((await settled(catalogue)).map(({ name, reason }) => [name, reason]));
  expect(reasons.good).toBe("");
  expect(reasons.labels).toContain("names.txt");
  expect(reasons.wrong).toContain("11111111");
  expect(reasons.cut).not.toBe("");
  for (const name of ["cut", "labels", "wrong"]) {
    expect(codeOf(() => catalogue.lease(name))).toBe("MODEL_UNAVAILABLE");
  }
  // Each is asked about in vain with the same reason, whose code is the cause's.
  const causes = ["labels", "wrong"].map((name) => {
    try {
      return catalogue.lease(name);
    } catch (error) {
      return ((error as Error).cause as { code?: string }).code;
    }
  });
  expect(causes).toEqual(["MODEL_PART_MISSING", "HUB_CHECKSUM"]);
  const lease = catalogue.lease("good");
  expect(await bestOf(lease)).toBe("7");
  lease.release();
});

test("a labels file is read line by line, wherever beside the model it lies; one that is no such file is refused", async () => {
  const yaml = "outputs:\n  classes: { kind: scores, tensor: Plus214_Output_0, labels: names.txt }\n";
  const names = "zero\r\none\ntwo\nthree\nfour\nfive\nsix\nSieben (7)\neight\nnine\n";
  const good = await catalogueOf({
    "m/model.yaml": yaml,
    "m/names.txt": `\ufeff${names}`,
    "m/1/model.onnx": model,
  });
  await settled(good);
  const lease = good.lease("m");
  expect(await bestOf(lease)).toBe("Sieben (7)");
  lease.release();

  const folder = modelsFolder({ "m/model.yaml": yaml, "m/names.txt": "", "m/1/model.onnx": model });
  truncateSync(join(folder, "m/names.txt"), 65 * 2 ** 20);
  const bad = await openCatalogue(folder);
  onTestFinished(() => bad.close());
  const [status] = await settled(bad);
  expect(status?.reason).toMatch(/names\.txt has 68157440 bytes/);
  const error = await import("../../src/run/pipeline/labels.ts").then(({ readWords }) =>
    readWords(
      {
        task: null,
        inputs: {},
        outputs: { c: { kind: "scores", tensor: "y", activation: "none", labels: "n" } },
        states: {},
        constants: {},
        evidence: [],
      },
      async () => ({ name: "n", size: 2 ** 30, read: async () => new Uint8Array(), close: async () => {} }),
    ).catch((thrown: unknown) => thrown),
  );
  expect(error).toMatchObject({ code: "MODEL_LABELS_TOO_LARGE" });
});

test("a lease keeps its model until it is released; what comes later waits for nothing", async () => {
  const catalogue = await openCatalogue(modelsFolder({ "m/1/model.onnx": model }));
  await settled(catalogue);
  const lease = catalogue.lease("m");
  let closed = false;
  const closing = catalogue.close().then(() => {
    closed = true;
  });
  await expect.poll(() => catalogue.status()[0]?.state).toBe("unloading");
  expect(codeOf(() => catalogue.lease("m"))).toBe("MODEL_NOT_READY");
  expect(await bestOf(lease)).toBe("7");
  expect(closed).toBe(false);
  lease.release();
  lease.release();
  await closing;
});

test("changes are told as they happen, until nobody listens", async () => {
  const catalogue = await catalogueOf({ "m/1/model.onnx": model });
  const seen: string[] = [];
  const stop = catalogue.onChange(({ state }) => void seen.push(state));
  await settled(catalogue);
  expect(seen.at(-1)).toBe("ready");
  stop();
  const { length } = seen;
  await catalogue.close();
  expect(seen).toHaveLength(length);
});

test("a model with states has streams that do not mix; one without says so", async () => {
  const yaml = `states:
  total: { input: total, output: total_out, start: zero, shape: [1, 1] }
`;
  const catalogue = await catalogueOf({
    "sum/model.yaml": yaml,
    "sum/1/model.onnx": { copy: SUM },
    "plain/1/model.onnx": model,
  });
  await settled(catalogue);
  const lease = catalogue.lease("sum");
  expect(lease.card.stateful).toBe(true);
  const streams = [lease.stream(), lease.stream()];
  const frame = (value: number) => ({
    x: { dtype: "float32" as const, shape: [1, 1], data: Float32Array.of(value) },
  });
  const answers = await Promise.all(
    [1, 2, 3].flatMap((value) => streams.map((stream, i) => stream.run(frame(value * (1 + 9 * i))))),
  );
  expect(answers.map(({ doubled }) => doubled?.data[0])).toEqual([2, 20, 6, 60, 12, 120]);
  lease.release();
  const plain = catalogue.lease("plain");
  expect(plain.card.stateful).toBe(false);
  expect(codeOf(() => plain.stream())).toBe("MODEL_STATELESS");
  plain.release();
});

test("each model has an example: the one it names, or one that its task makes", async () => {
  const catalogue = await catalogueOf({
    "named/model.yaml": "example: seven.png\n",
    "named/seven.png": { copy: SEVEN },
    "named/1/model.onnx": model,
    "made/1/model.onnx": model,
    "tensors/1/model.onnx": { copy: join(ROOT, "tests/fixtures/runtime/two-inputs.onnx") },
  });
  await settled(catalogue);
  const example = async (name: string) => {
    const lease = catalogue.lease(name);
    try {
      const given = await lease.example();
      if (!given) throw new Error(`${name} has no example`);
      const json = given.mediaType === "application/json";
      const value = json ? JSON.parse(new TextDecoder().decode(given.bytes)).inputs : null;
      const input = json ? { kind: "json" as const, value } : { kind: "bytes" as const, bytes: given.bytes };
      for await (const event of lease.predict(input))
        if (event.type === "answer") return { given, answer: event.value };
      throw new Error("no answer");
    } finally {
      lease.release();
    }
  };
  const named = await example("named");
  expect(Buffer.from(named.given.bytes).equals(readFileSync(SEVEN))).toBe(true);
  expect((named.answer as { label: string }[])[0]?.label).toBe("7");
  expect(((await example("made")).answer as { label: string }[])[0]?.label).toBe("3");
  expect(Object.keys((await example("tensors")).answer as object).length).toBeGreaterThan(0);
});

test("what a config.pbtxt asks that is not supported is refused by name", async () => {
  const catalogue = await catalogueOf({
    "fine/config.pbtxt": 'name: "fine"\nplatform: "onnxruntime_onnx"\nmax_batch_size: 0\n',
    "fine/1/model.onnx": model,
    "ensemble/config.pbtxt": 'name: "ensemble"\nplatform: "ensemble"\nensemble_scheduling { step [ ] }\n',
    "ensemble/1/model.onnx": model,
  });
  const status = await settled(catalogue);
  const by = (part: string) => status.find(({ name }) => name.startsWith(part));
  expect(by("e")?.state).toBe("unavailable");
  expect(by("e")?.reason).toMatch(/ensemble/);
  expect(status.filter(({ state }) => state === "ready")).toHaveLength(1);
});

test("sequences are for models that keep states, which the graph or config.pbtxt tells", async () => {
  const memory = { copy: join(ROOT, "tests/fixtures/contract/memory.onnx") };
  const state = "state { input_name: 'h' output_name: 'hn' }";
  const catalogue = await catalogueOf({
    "none/config.pbtxt": "max_batch_size: 0\nsequence_batching { direct { } }\n",
    "none/1/model.onnx": model,
    "graph/config.pbtxt": "max_batch_size: 0\nsequence_batching { }\n",
    "graph/1/model.onnx": memory,
    "told/config.pbtxt": `max_batch_size: 0\nsequence_batching { ${state} }\n`,
    "told/1/model.onnx": memory,
    "wrong/config.pbtxt": `max_batch_size: 0\nsequence_batching { ${state} }\n`,
    "wrong/1/model.onnx": model,
    "twice/config.pbtxt": "max_batch_size: 0\nmax_batch_size: 8\n",
    "twice/1/model.onnx": model,
  });
  const status = await settled(catalogue);
  const reasonOf = (part: string) => status.find(({ name }) => name.startsWith(part))?.reason ?? "";
  expect(reasonOf("none")).toMatch(/sequence_batching is for models with states.*config\.pbtxt:2/s);
  expect(reasonOf("wrong")).toMatch(/states\.h\b/);
  expect(reasonOf("twice")).toMatch(/max_batch_size is given twice.*config\.pbtxt:2/s);
  const ready = status.filter(({ state }) => state === "ready").map(({ name }) => name);
  expect(ready.sort()).toEqual(["graph", "told"]);
});

test("two catalogues on one cache folder load the same model at once", async () => {
  const cache = emptyFolder();
  const both = await Promise.all([
    catalogueOf({ "m.onnx": model }, { cache }),
    catalogueOf({ "m.onnx": model }, { cache }),
  ]);
  for (const catalogue of both) {
    await settled(catalogue);
    const lease = catalogue.lease("m");
    expect(await bestOf(lease)).toBe("7");
    lease.release();
  }
});
