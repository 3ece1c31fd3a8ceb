// What is thrown and nobody foresaw, in the thread that has the model too: answered with 500 and no inner detail, and logged
// with the stack of where it was thrown.
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { startServer } from "../../src/serve/server/index.ts";
import { ROOT } from "../cli/modelyard.ts";
import { modelsFolder } from "../pipeline/models-folder.ts";
import { fixture } from "../runtime/models.ts";
import { fixtureModel } from "./catalogue.ts";
import { ask, memoryStore, post, startTestServer } from "./server.ts";

interface Line {
  err: Error;
  request: string;
}

function keepLog() {
  const lines: Line[] = [];
  const keep = (details: object) => void lines.push(details as Line);
  return { lines, log: { info() {}, warn: keep, error: keep } };
}

test("a codec that throws where the model runs", async () => {
  const module = pathToFileURL(`${ROOT}/tests/fixtures/serve/throwing-codec.js`).href;
  const folder = modelsFolder({ "square/1/model.onnx": { copy: fixture("square") } });
  const catalogue = await openCatalogue(folder, { codec: () => ({ module, options: null }) });
  const { lines, log } = keepLog();
  const server = await startServer({ catalogue, store: memoryStore([]), port: 0, log });
  onTestFinished(async () => {
    await server.close();
    await catalogue.close();
  });
  await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
  for (const [word, message] of [
    ["read", "RangeError: a defect in reading"],
    ["write", "TypeError: a defect in writing"],
  ] as const) {
    lines.length = 0;
    const answer = await post(`${server.url}/v2/models/square/infer`, word);
    expect([answer.status, answer.json.code, answer.json.error]).toEqual([500, "INTERNAL", message]);
    expect(answer.text).not.toContain("throwing-codec");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.err.stack).toMatch(/^\w+Error: a defect in \w+\n.*throwing-codec\.js/);
    expect(lines[0]?.request).toBe(answer.headers.get("x-request-id"));
  }
});

test("a task that throws before its answer and amid its events", async () => {
  const { lines, log } = keepLog();
  const { url, close } = await startTestServer({
    log,
    models: [
      fixtureModel("identity-float32", {
        name: "early",
        // biome-ignore lint/correctness/useYield: it fails before it could
        async *predict() {
          throw new TypeError("a defect in a task");
        },
      }),
      fixtureModel("identity-float32", {
        name: "late",
        async *predict() {
          yield { type: "partial", value: 1 };
          throw new TypeError("a defect in a task");
        },
      }),
    ],
  });
  onTestFinished(close);
  const early = await post(`${url}/models/early`, { inputs: 1 });
  expect([early.status, early.json.code]).toEqual([500, "INTERNAL"]);
  const late = await ask(`${url}/models/late?stream=true`, { method: "POST", body: '{"inputs":1}' });
  expect(late.text).toMatch(
    /event: partial\n.*\n\nevent: error\ndata: \{"error":"TypeError: a defect in a task"/,
  );
  expect(lines.map(({ err }) => err.message)).toEqual(["a defect in a task", "a defect in a task"]);
});

test("what was foreseen is not logged", async () => {
  const { lines, log } = keepLog();
  const { url, close } = await startTestServer({ log });
  onTestFinished(close);
  expect((await post(`${url}/v2/models/simple/infer`, "{")).status).toBe(400);
  expect((await post(`${url}/v2/models/nobody/infer`, {})).status).toBe(404);
  expect(lines).toEqual([]);
});
