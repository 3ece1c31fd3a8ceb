// Large JSON is read in a thread of its own, and answered as small JSON is: the same bodies, filled up with spaces.
import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { FrameOrder } from "../../src/serve/server/bodies/order.ts";
import { BodyThread, LARGE_BODY } from "../../src/serve/server/bodies/thread.ts";
import { MNIST, modelsFolder, SEVEN } from "../pipeline/models-folder.ts";
import { SUM } from "./catalogue.ts";
import { serveFolder } from "./real.ts";
import { ask, post, startTestServer, talk } from "./server.ts";

const FIXTURES = new URL("../fixtures/serve/", import.meta.url).pathname;
/** JSON may have as many spaces as it likes. */
const FILLED = " ".repeat(LARGE_BODY);

/** Asks both ways, and sees that the second was read elsewhere. */
async function same(url: string, body: unknown, kind: "infer" | "task"): Promise<number> {
  const read = vi.spyOn(BodyThread.prototype, kind);
  try {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const small = await post(url, text);
    expect(read).not.toHaveBeenCalled();
    const large = await post(url, text + FILLED);
    expect(read).toHaveBeenCalled();
    expect([large.status, large.json], text.slice(0, 200)).toEqual([small.status, small.json]);
    return small.status;
  } finally {
    read.mockRestore();
  }
}

test("tasks of pictures", async () => {
  const url = await serveFolder(modelsFolder({ "mnist/1/model.onnx": { copy: MNIST } }));
  const file = readFileSync(SEVEN).toString("base64");
  const rows = Array.from({ length: 28 }, (_, y) => Array.from({ length: 28 }, (_, x) => (7 * x + y) % 256));
  const good = [
    { inputs: file },
    { inputs: `data:image/png;base64,${file}`, parameters: { top: 2 } },
    { inputs: { image: file } },
    { inputs: rows },
    { inputs: { image: rows }, parameters: { top: 3 } },
    { inputs: rows.map((row) => row.map((value) => [value, 255 - value, 9])) },
    { inputs: [[rows]] },
  ];
  for (const body of good) expect(await same(`${url}/models/mnist`, body, "task")).toBe(200);
  const bad = [
    '{"inputs": ',
    "[]",
    {},
    { inputs: null },
    { inputs: "no picture!" },
    { inputs: { image: "no picture!" } },
    { inputs: { image: Buffer.from("neither").toString("base64") } },
    { inputs: 7 },
    { inputs: { one: rows, two: { three: 4 } } },
    { inputs: [...rows.slice(1), [1]] },
    { inputs: [[256]] },
    { inputs: ["a", "b"] },
    { inputs: rows, parameters: { colour: 1 } },
    { inputs: rows, parameters: [] },
  ];
  for (const body of bad) expect(await same(`${url}/models/mnist`, body, "task")).toBe(400);
  const streamed = await ask(`${url}/models/mnist?stream=true`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ inputs: rows }) + FILLED,
  });
  expect(streamed.text).toMatch(/^event: answer\n/m);
});

test("named tensors, with all digits of whole numbers", async () => {
  const folder = modelsFolder({ "digits/1/model.onnx": { copy: `${FIXTURES}identity-int64.onnx` } });
  const url = `${await serveFolder(folder, { spoken: false })}/models/digits`;
  const digits = '{"inputs": {"x": [[9007199254740993]]}}';
  expect(await same(url, digits, "task")).toBe(200);
  expect((await post(url, digits + FILLED)).text).toContain("9007199254740993");
  for (const body of [
    { inputs: { x: [[0.5]] } },
    { inputs: { y: [[1]] } },
    { inputs: "x" },
    { inputs: { x: [[1]] }, parameters: { top: 1 } },
  ])
    expect(await same(url, body, "task")).toBe(400);
});

const frame = (value: number, parameters?: object, more: object = {}) => ({
  inputs: [{ name: "x", shape: [1, 4], datatype: "FP32", data: [value, value, value, value] }],
  ...(parameters && { parameters }),
  ...more,
});

test("a model that remembers, by the protocol", async () => {
  const server = await startTestServer({ models: [SUM] });
  onTestFinished(() => server.close());
  const url = `${server.url}/v2/models/sum/infer`;
  const [input] = (await ask(`${server.url}/v2/models/sum`)).json.inputs;
  const named = (body: ReturnType<typeof frame>) =>
    JSON.stringify(body).replaceAll('"x"', JSON.stringify(input.name));
  const good = [
    frame(1),
    frame(2, undefined, { id: "mine" }),
    frame(3, { sequence_id: 1, sequence_start: true }),
    frame(4, { sequence_id: "b", sequence_start: true, sequence_end: true }),
  ];
  for (const body of good) expect(await same(url, named(body), "infer")).toBe(200);
  const bad = [
    frame(1, { sequence_id: [] }),
    frame(1, undefined, { id: 7 }),
    frame(1, undefined, { outputs: [{ name: "nobody" }] }),
    { ...frame(1), inputs: [] },
    frame(1, { sequence_id: "never begun" }),
  ];
  for (const body of bad) expect(await same(url, named(body), "infer")).toBeGreaterThanOrEqual(400);
});

test("frames of a stream are run in the order in which they came, however large each is", async () => {
  const server = await startTestServer({ models: [SUM] });
  onTestFinished(() => server.close());
  const [input] = (await ask(`${server.url}/v2/models/sum`)).json.inputs;
  const frames = [1, 10, 100, 1_000, 10_000];
  // All on one connection, before the first of them is answered.
  const requests = frames.map((value, i) => {
    const parameters = { sequence_id: 5, sequence_start: i === 0, sequence_end: i === frames.length - 1 };
    const body =
      JSON.stringify(frame(value, parameters)).replace('"x"', JSON.stringify(input.name)) +
      (i % 2 === 0 ? FILLED : "");
    const end = i === frames.length - 1 ? "Connection: close\r\n" : "";
    return `POST /v2/models/sum/infer HTTP/1.1\r\nHost: a\r\n${end}Content-Length: ${body.length}\r\n\r\n${body}`;
  });
  const replies = await talk(server.port, requests.join(""), 60_000);
  const sums = [...replies.matchAll(/"data":\[(\d+),/g)].map(([, value]) => Number(value));
  // The state begins at zero, each frame adds its own, and the model answers ten times the sum.
  const scale = sums[0] as number;
  expect(sums).toEqual([1, 11, 111, 1_111, 11_111].map((sum) => sum * scale));
});

test("places are taken one behind the other, and a model that nobody asks has none", async () => {
  const order = new FrameOrder();
  const [first, second, third] = [order.enter("a"), order.enter("a"), order.enter("a")];
  const turns: number[] = [];
  const seen = [first, second, third].map(({ turn }, i) => turn.then(() => void turns.push(i)));
  third.leave();
  await first.turn;
  expect([order.isBusy("a"), order.isBusy("b")]).toEqual([true, false]);
  expect(turns).toEqual([0]);
  first.leave();
  await seen[1];
  second.leave();
  await seen[2];
  expect(turns).toEqual([0, 1, 2]);
  await expect.poll(() => order.isBusy("a")).toBe(false);
});

test("a thread that ends takes only those bodies with it that it was to read", async () => {
  const thread = new BodyThread(16);
  onTestFinished(() => thread.close());
  const of = {
    accepts: "tensors",
    signature: { inputs: [{ name: "x", dtype: "float32" as const, shape: [null] }], outputs: [] },
    contract: { inputs: {}, states: {}, constants: {} },
  };
  const crowd = Buffer.from(`{"inputs": {"x": [${"[1],".repeat(400_000)}[1]]}}`);
  await expect(thread.task(of, crowd)).rejects.toMatchObject({ code: "SERVE_BODY_READER" });
  const { input } = await thread.task(of, Buffer.from('{"inputs": {"x": [1, 2]}}'));
  expect(input).toMatchObject({ kind: "tensors", tensors: { x: { shape: [2] } } });
});
