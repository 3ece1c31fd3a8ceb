import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { moduleStackOf } from "../../src/base/errors/index.ts";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { startServer } from "../../src/serve/server/index.ts";
import { packageFile } from "../models.ts";
import { UMLAUTS_PNG, WORD_PNG } from "../packages.ts";
import { folderOf } from "../pipeline/folders.ts";
import { ROOT } from "../tasks/task.ts";

async function serve(folder: string) {
  const logged: { level: string; details: { err?: Error; where?: string }; message: string }[] = [];
  const say = (level: string) => (details: object, message: string) => {
    logged.push({ level, details, message });
  };
  const log = { error: say("error"), warn: say("warn"), info: say("info") } as never;
  const catalogue = await openCatalogue(folder, { compile: false });
  const server = await startServer({ catalogue, store: null, host: "127.0.0.1", port: 0, log });
  onTestFinished(async () => {
    await server.close();
    await catalogue.close();
  });
  await expect.poll(() => catalogue.status().map(({ state }) => state)).not.toContain("loading");
  await expect
    .poll(() => catalogue.status().every(({ state }) => state === "ready" || state === "unavailable"))
    .toBe(true);
  return { url: server.url, logged, catalogue };
}

const FILES = {
  "sums/pipeline.yaml": `
description: adds
input: json
steps:
  add: { code: code.ts, call: add, gives: { type: number } }
  square: { code: code.ts, call: square, input: add }
`,
  "sums/code.ts": `
export function add({ a, b }: { a: number; b: number }) {
  if (a === 13) throw new Error("thirteen brings bad luck");
  return a + b;
}
export const square = (n: number) => n * n;`,
  "ring/pipeline.yaml": "input: json\nsteps: { a: { code: x.ts, input: b }, b: { code: x.ts, input: a } }",
};

test("a pipeline is listed, asked and counted like a model", async () => {
  const { url, logged } = await serve(folderOf(FILES));
  const ask = (body: object) =>
    fetch(`${url}/models/sums`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  const answer = await ask({ inputs: { a: 1, b: 2 } });
  expect(await answer.json()).toBe(9);
  expect(answer.headers.get("server-timing")).toMatch(/^add;dur=[\d.]+, square;dur=[\d.]+$/);
  const detail = await (await fetch(`${url}/models/sums`)).json();
  expect(detail).toMatchObject({
    description: "adds",
    platform: "modelyard_pipeline",
    task: { id: "pipeline", accepts: { kind: "json" } },
    summary: "2 steps: add, square",
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });

  // Its own error: the message goes out, the stack into the log.
  const failed = await ask({ inputs: { a: 13, b: 2 } });
  expect(failed.status).toBe(500);
  const text = await failed.text();
  expect(JSON.parse(text)).toMatchObject({
    code: "MODULE_FAILED",
    where: "step add",
    error: "add of code.ts failed: thirteen brings bad luck",
  });
  expect(text).not.toContain("code.ts:3");
  const { err, where } = logged.at(-1)?.details ?? {};
  expect([(err as { code?: string })?.code, where]).toEqual(["MODULE_FAILED", "step add"]);
  expect(moduleStackOf(err)).toMatch(/thirteen brings bad luck[\s\S]*code\.ts:3/);

  // The protocol: one text goes in, one comes out.
  const infer = await fetch(`${url}/v2/models/sums/infer`, {
    method: "POST",
    body: JSON.stringify({
      inputs: [{ name: "input", datatype: "BYTES", shape: [1], data: ['{"a": 2, "b": 2}'] }],
    }),
  });
  expect(await infer.json()).toMatchObject({
    outputs: [{ name: "answer", datatype: "BYTES", data: ["16"] }],
  });

  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('modelyard_step_runs_total{model="sums",version="1",step="add"} 3');
  expect(metrics).toContain('modelyard_step_failures_total{model="sums",version="1",step="add"} 1');
  expect(metrics).toMatch(/modelyard_step_seconds_total\{model="sums",version="1",step="square"\} 0\.\d+/);

  // One that cannot be loaded harms no other, and says why.
  const ring = await fetch(`${url}/models/ring`, { method: "POST", body: "{}" });
  expect(ring.status).toBe(503);
  expect(((await ring.json()) as { error: string }).error).toMatch(
    /wait for each other: [ab] → [ab] → [ab]\. \(.*step [ab]\)/,
  );
});

test("the example reads tesseract.js-node's two pictures by the server", async (context) => {
  const pictures = [
    ["Cool", await packageFile(context, ...WORD_PNG)],
    ["Mörkö", await packageFile(context, ...UMLAUTS_PNG)],
  ] as const;
  const { url } = await serve(join(ROOT, "examples/models/ocr"));
  for (const [text, path] of pictures) {
    const answer = await fetch(`${url}/models/ocr`, { method: "POST", body: await readFile(path) });
    expect(await answer.json()).toMatchObject({ text });
    expect(answer.headers.get("server-timing")).toMatch(/^detect;dur=.*crop;dur=.*read;dur=.*join;dur=/);
  }
  const example = await fetch(`${url}/models/ocr/example`);
  expect(example.headers.get("content-type")).toBe("image/png");
});
