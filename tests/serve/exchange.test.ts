// Bodies that are read, merged, run and answered where the model runs: each gets exactly its own answer, whatever else
// came with it. The oracle is the runtime itself, asked one request at a time.
import { createHash } from "node:crypto";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { expect, onTestFinished, test } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { protocolCodec, startServer } from "../../src/serve/server/index.ts";
import type { PredictionRow } from "../../src/serve/store/store.ts";
import { MNIST, modelsFolder } from "../pipeline/models-folder.ts";
import { fixture } from "../runtime/models.ts";
import { SEED } from "../seed.ts";
import { random } from "./random.ts";
import { serveFolder } from "./real.ts";
import { ask, memoryStore, post } from "./server.ts";

function body(rows: number, data: unknown[], more: object = {}): string {
  return JSON.stringify({ inputs: [{ name: "x", shape: [rows, 64], datatype: "FP32", data }], ...more });
}

test("a crowd of good, bad and odd requests at once", async () => {
  const path = fixture("mlp");
  const session = await InferenceSession.create(path);
  const [input] = session.inputNames as [string];
  const [output] = session.outputNames as [string];
  const url = await serveFolder(modelsFolder({ "mlp/1/model.onnx": { copy: path } }));
  const next = random(SEED);
  const kinds = { row: 0, rows: 0, misfit: 0, cut: 0, unknown: 0, timed: 0, sequence: 0, overflow: 0 };
  const jobs = Array.from({ length: 400 }, async (_, i) => {
    const rows = next() < 0.7 ? 1 : 1 + Math.floor(next() * 9);
    const data = Array.from({ length: 64 * rows }, () => Math.fround(next() * 4 - 2));
    const named = (more: object = {}) => body(rows, data, more).replace('"x"', JSON.stringify(input));
    const send = (text: string) => post(`${url}/v2/models/mlp/infer`, text);
    const refused = async (text: string, code: string) => {
      const answer = await send(text);
      expect([answer.status, answer.json.code], `seed ${SEED}, request ${i}: ${answer.text}`).toEqual([
        400,
        code,
      ]);
    };
    const dice = next();
    if (dice < 0.06) {
      kinds.misfit++;
      return refused(named().replace(/"shape":\[\d+,64\]/, `"shape":[${rows + 1},64]`), "SERVE_DATA_LENGTH");
    }
    if (dice < 0.1) {
      kinds.cut++;
      return refused(named().slice(0, -20), "SERVE_JSON");
    }
    if (dice < 0.14) {
      kinds.unknown++;
      return refused(named({ outputs: [{ name: "nobody" }] }), "SERVE_OUTPUT_UNKNOWN");
    }
    if (dice < 0.18) {
      kinds.overflow++;
      return refused(named().replace(/"data":\[[^,\]]*/, '"data":[1e39'), "SERVE_VALUE");
    }
    if (dice < 0.22) {
      kinds.sequence++;
      return refused(
        named({ parameters: { sequence_id: 1, sequence_start: true } }),
        "SERVE_SEQUENCE_STATELESS",
      );
    }
    const timed = dice < 0.3;
    kinds[timed ? "timed" : rows === 1 ? "row" : "rows"]++;
    const answer = await send(
      named({ id: `r${i}`, ...(timed ? { parameters: { timeout: 60_000_000 } } : {}) }),
    );
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toMatchObject({ model_name: "mlp", model_version: "1", id: `r${i}` });
    const [{ data: found, shape }] = answer.json.outputs;
    const alone = await session.run({
      [input]: new OrtTensor("float32", Float32Array.from(data), [rows, 64]),
    });
    expect(shape).toEqual(alone[output]?.dims);
    const wanted = alone[output]?.data ?? [];
    expect(found).toHaveLength(wanted.length);
    for (const [at, value] of (wanted as Float32Array).entries()) {
      expect(Math.abs(found[at] - value), `seed ${SEED}, request ${i}`).toBeLessThan(1e-5);
    }
  });
  await Promise.all(jobs);
  for (const [kind, count] of Object.entries(kinds)) expect(count, kind).toBeGreaterThan(3);
  const { text } = await ask(`${url}/metrics`);
  expect(text).toMatch(/modelyard_predictions_total\{model="mlp",version="1",status="400"\} \d+/);
  await session.release();
});

test("a row that the model cannot take spoils no other row, and rows that cannot be told apart switch merging off", async () => {
  const url = await serveFolder(
    modelsFolder({
      "table/1/model.onnx": { copy: fixture("table-of-four") },
      "table/model.yaml": "serving: { max_batch: 64 }\n",
      "positive/1/model.onnx": { copy: fixture("keep-positive-rows") },
      "positive/model.yaml": "serving: { max_batch: 8 }\n",
    }),
  );
  const lookUp = (id: number) =>
    post(`${url}/v2/models/table/infer`, {
      inputs: [{ name: "id", shape: [1], datatype: "INT64", data: [id] }],
    });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => lookUp(i % 10 === 7 ? 99 : i % 4)));
  for (const [i, answer] of answers.entries()) {
    if (i % 10 === 7) expect([answer.status, answer.json.code]).toEqual([422, "RUN_FAILED"]);
    else expect(answer.json.outputs[0].data[0], answer.text).toBe((i % 4) * 3);
  }

  const path = fixture("keep-positive-rows");
  const session = await InferenceSession.create(path);
  const requests = Array.from({ length: 24 }, (_, i) => [i % 2 ? i : -i, -1, -1, -1]);
  const kept = await Promise.all(
    requests.map((data) =>
      post(`${url}/v2/models/positive/infer`, {
        inputs: [{ name: "x", shape: [1, 4], datatype: "FP32", data }],
      }),
    ),
  );
  for (const [i, data] of requests.entries()) {
    const alone = await session.run({ x: new OrtTensor("float32", Float32Array.from(data), [1, 4]) });
    expect(kept[i]?.json.outputs).toMatchObject([
      { shape: alone.y?.dims, data: Array.from((alone.y?.data ?? []) as Float32Array) },
    ]);
  }
  await session.release();
});

test("the log has each body's own digest and answer", async () => {
  const rows: PredictionRow[] = [];
  const folder = modelsFolder({ "mlp/1/model.onnx": { copy: fixture("mlp") } });
  const catalogue = await openCatalogue(folder, { codec: protocolCodec });
  await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
  const server = await startServer({ catalogue, store: memoryStore(rows), port: 0 });
  const next = random(SEED);
  const bodies = Array.from({ length: 30 }, () =>
    body(
      1,
      Array.from({ length: 64 }, () => next()),
    ),
  );
  const answers = await Promise.all(bodies.map((text) => post(`${server.url}/v2/models/mlp/infer`, text)));
  await expect.poll(() => rows.length).toBe(30);
  const expected = bodies.map((text, i) => [
    createHash("sha256").update(text).digest("hex"),
    answers[i]?.text,
  ]);
  expect(new Map(rows.map((row) => [row.inputDigest, row.answer]))).toEqual(
    new Map(expected as [string, string][]),
  );
  await server.close();
  await catalogue.close();
});

test("the task route's named tensors are read and answered where the model runs, as the server itself has them", async () => {
  const path = fixture("mlp");
  const session = await InferenceSession.create(path);
  const [input] = session.inputNames as [string];
  const [output] = session.outputNames as [string];
  const folder = modelsFolder({ "mlp/1/model.onnx": { copy: path } });
  const spoken = await serveFolder(folder);
  const here = await serveFolder(folder, { spoken: false });
  const data = Array.from({ length: 64 }, (_, i) => i / 64);
  const result = await session.run({ [input]: new OrtTensor("float32", Float32Array.from(data), [1, 64]) });
  const expected = Array.from(result[output]?.data as Float32Array);

  for (const inputs of [
    { [input]: [data] },
    { [input]: { dtype: "float32", shape: [1, 64], data } },
    [{ name: input, shape: [1, 64], datatype: "FP32", data }],
    [data],
  ]) {
    const answer = await post(`${spoken}/models/mlp`, JSON.stringify({ inputs }));
    expect(answer.status, answer.text).toBe(200);
    const given = answer.json[output];
    expect([given.dtype, given.shape]).toEqual(["float32", [1, expected.length]]);
    given.data[0].forEach((value: number, i: number) => {
      expect(value).toBeCloseTo(expected[i] as number, 4);
    });
    const warned = await post(`${spoken}/models/mlp?warnings=true`, JSON.stringify({ inputs }));
    expect(warned.json).toEqual({ answer: answer.json, warnings: [] });
  }
  const bad: readonly (readonly [string, string])[] = [
    ["SERVE_FIELD", "[1, 2]"],
    ["SERVE_FIELD", "{}"],
    ["SERVE_FIELD", JSON.stringify({ inputs: [data], parameters: 3 })],
    ["SERVE_JSON", '{"inputs": [1,'],
    ["TASK_OPTION_UNKNOWN", JSON.stringify({ inputs: [data], parameters: { top: 3 } })],
    ["TASK_MEANING", JSON.stringify({ inputs: "a text" })],
    ["TASK_TENSORS", JSON.stringify({ inputs: { nobody: [1] } })],
    ["TASK_TENSOR_RAGGED", JSON.stringify({ inputs: { [input]: [[1], [1, 2]] } })],
    ["RUN_INPUT_SHAPE", JSON.stringify({ inputs: { [input]: [[1, 2]] } })],
  ];
  for (const [code, text] of bad) {
    const [there, own] = await Promise.all([
      post(`${spoken}/models/mlp`, text),
      post(`${here}/models/mlp`, text),
    ]);
    expect([there.status, there.json], text).toEqual([own.status, own.json]);
    expect(there.json.code).toBe(code);
  }
});

test("only the task of named tensors is answered where the model runs", async () => {
  const plain = await openCatalogue(modelsFolder({ "mlp/1/model.onnx": { copy: fixture("mlp") } }), {
    codec: protocolCodec,
  });
  onTestFinished(() => plain.close());
  const pictures = await openCatalogue(modelsFolder({ "m/1/model.onnx": { copy: MNIST } }), {
    codec: protocolCodec,
  });
  onTestFinished(() => pictures.close());
  await expect
    .poll(() => [plain, pictures].map((each) => each.status()[0]?.state))
    .toEqual(["ready", "ready"]);
  const bytes = Buffer.from(JSON.stringify({ inputs: [new Array(64).fill(0)] }));
  const leases = [plain.lease("mlp"), pictures.lease("m")] as const;
  onTestFinished(() => {
    for (const lease of leases) lease.release();
  });
  const [there, left] = await Promise.all(
    leases.map((lease) => lease.exchange?.(bytes, { dialect: "task" })),
  );
  expect(JSON.parse(there?.text ?? "")).toBeTypeOf("object");
  expect(left).toBeNull();
});
