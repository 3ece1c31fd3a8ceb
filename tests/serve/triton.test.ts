// The protocol against the recorded answers of a real Triton (tests/fixtures/triton/README.md says how).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { modelsFolder } from "../pipeline/models-folder.ts";
import { HAS_MODELS, MODELS, NO_MODELS } from "./catalogue.ts";
import { serveFolder } from "./real.ts";
import { ask, post } from "./server.ts";

const FIXTURES = join(import.meta.dirname, "..", "fixtures", "triton");
const NAMES = ["simple", "simple_int8", "simple_string"];

type Repeat = { repeat: [string, number][] };
interface Exchange {
  request: { method: string; path: string; body: string | null | Repeat };
  response: { status: number | null; body: unknown };
  why?: string;
}

/** The product with a model as Triton's repository has it, its config.pbtxt beside it. */
function serveModel(name: string, spoken: boolean): Promise<string> {
  return serveFolder(modelsFolder({ [name]: { link: join(MODELS, "triton", name) } }), { spoken });
}

function read(name: string): Exchange[] {
  return JSON.parse(readFileSync(join(FIXTURES, name), "utf8")) as Exchange[];
}

function send(url: string, { method, path, body }: Exchange["request"]) {
  const text =
    body === null || typeof body === "string" ? body : body.repeat.map(([t, n]) => t.repeat(n)).join("");
  return ask(`${url}${path}`, { method, ...(method === "POST" ? { body: text ?? "" } : {}) });
}

interface Tensor {
  name: string;
}

/** What `simple` is asked: two lists of rows, of which it gives sum and difference. */
function rows(count: number) {
  const row = { shape: [count, 16], datatype: "INT32", data: new Array(16 * count).fill(1) };
  return { inputs: ["INPUT0", "INPUT1"].map((name) => ({ name, ...row })) };
}

/** What the fixtures' README says a comparison leaves aside. */
function comparable(body: unknown): unknown {
  if (body === null || typeof body !== "object") return body;
  const { platform: _, outputs, ...rest } = body as { platform?: string; outputs?: Tensor[] };
  return { ...rest, outputs: outputs && Object.fromEntries(outputs.map((tensor) => [tensor.name, tensor])) };
}

const CASES = NAMES.flatMap((name) => [
  { name, spoken: true, where: "where the model runs" },
  { name, spoken: false, where: "in the server" },
]);

describe.each(CASES)("$name, read $where", ({ name, spoken }) => {
  test("valid requests get Triton's answers", async (context) => {
    if (!HAS_MODELS) return context.skip(NO_MODELS);
    const url = await serveModel(name, spoken);
    const exchanges = read(`${name}.json`);
    expect(exchanges.length).toBeGreaterThan(40);
    for (const { request, response } of exchanges) {
      const answer = await send(url, request);
      expect(answer.status, `${request.path} ${JSON.stringify(request.body)}`).toBe(response.status);
      if (response.body !== null) expect(comparable(answer.json)).toEqual(comparable(response.body));
    }
  });

  test("bad requests get 4xx and a reason, whatever Triton does", async (context) => {
    if (!HAS_MODELS) return context.skip(NO_MODELS);
    const url = await serveModel(name, spoken);
    const exchanges = read(join("bad", `${name}.json`));
    expect(exchanges.length).toBeGreaterThan(40);
    for (const { request, why } of exchanges) {
      const answer = await send(url, request);
      const label = `${why}: ${answer.text.slice(0, 300)}`;
      expect(answer.status, label).toBeGreaterThanOrEqual(400);
      expect(answer.status, label).toBeLessThan(500);
      if (why === "more rows than max_batch_size") expect(answer.json).toMatchObject({ code: "SERVE_ROWS" });
      expect(answer.json?.error, label).toBeTypeOf("string");
      expect(answer.json?.hint, label).toBeTypeOf("string");
    }
  });
});

test("the limit is the one of the config.pbtxt that lies there, or of model.yaml, on every route", async (context) => {
  if (!HAS_MODELS) return context.skip(NO_MODELS);
  const config = readFileSync(join(MODELS, "triton", "simple", "config.pbtxt"), "utf8");
  const model = { copy: join(MODELS, "triton", "simple", "1", "model.onnx") };
  const url = await serveFolder(
    modelsFolder({
      "two/config.pbtxt": config
        .replace('name: "simple"', 'name: "two"')
        .replace("max_batch_size: 8", "max_batch_size: 2"),
      "two/1/model.onnx": model,
      "yaml/model.yaml": "serving: { max_batch: 2 }\n",
      "yaml/1/model.onnx": model,
      "open/1/model.onnx": model,
    }),
  );
  const table = (count: number) => new Array(count).fill(new Array(16).fill(1));
  for (const [name, limit] of [
    ["two", 2],
    ["yaml", 2],
    ["open", Number.POSITIVE_INFINITY],
  ] as const) {
    for (const count of [1, 2, 3, 100]) {
      const fits = count <= limit;
      const protocol = await post(`${url}/v2/models/${name}/infer`, rows(count));
      expect([name, count, protocol.status, protocol.json?.code]).toEqual(
        fits ? [name, count, 200, undefined] : [name, count, 400, "SERVE_ROWS"],
      );
      const inputs = { INPUT0: table(count), INPUT1: table(count) };
      const task = await post(`${url}/models/${name}`, { inputs });
      expect([name, count, task.status, task.json?.code]).toEqual(
        fits ? [name, count, 200, undefined] : [name, count, 400, "RUN_ROWS"],
      );
      if (fits) expect(task.json.OUTPUT0).toMatchObject({ shape: [count, 16] });
    }
  }
});

interface Config {
  why: string;
  folder: string;
  model: string;
  config: string;
  loads: boolean;
  metadata?: unknown;
  /** What the runtime said when it was asked in the terms of the configuration. */
  runtime: string;
  beyond?: { request: string; status: number };
}

test("a config.pbtxt that contradicts its model is refused with the line; one that fits gives Triton's metadata", async (context) => {
  if (!HAS_MODELS) return context.skip(NO_MODELS);
  const cases = JSON.parse(readFileSync(join(FIXTURES, "configs.json"), "utf8")) as Config[];
  const files = cases.flatMap(({ folder, config, model }) => [
    [`${folder}/config.pbtxt`, config] as const,
    [`${folder}/1/model.onnx`, { copy: join(MODELS, model) }] as const,
  ]);
  const url = await serveFolder(modelsFolder(Object.fromEntries(files)), { broken: true });
  const { models } = (await ask(`${url}/models`)).json as {
    models: { name: string; state: string; reason: string }[];
  };
  const fitting = cases.filter(({ loads, runtime }) => loads && runtime === "");
  expect(fitting.length).toBeGreaterThan(5);
  expect(cases.length - fitting.length).toBeGreaterThan(20);
  for (const { why, folder, metadata, beyond } of cases) {
    const fits = fitting.some((each) => each.folder === folder);
    const found = models.find(({ name }) => name === folder);
    expect([why, found?.state, found?.reason]).toEqual([
      why,
      fits ? "ready" : "unavailable",
      fits ? "" : expect.any(String),
    ]);
    const answer = await ask(`${url}/v2/models/${folder}`);
    if (fits) expect(comparable(answer.json)).toEqual(comparable(metadata));
    else expect(found?.reason, why).toMatch(/does not describe this model: .*config\.pbtxt:[1-9]/);
    if (beyond) {
      const refused = await post(`${url}/v2/models/${folder}/infer`, beyond.request);
      expect([refused.status, refused.json?.code]).toEqual([beyond.status, "SERVE_SHAPE"]);
      const { inputs } = JSON.parse(beyond.request) as { inputs: { name: string }[] };
      const table = new Array(4).fill(new Array(16).fill(0));
      const task = await post(`${url}/models/${folder}`, {
        inputs: Object.fromEntries(inputs.map(({ name }) => [name, table])),
      });
      expect([task.status, task.json?.code]).toEqual([400, "RUN_INPUT_SHAPE"]);
    }
  }
});

test("every recorded file is compared", () => {
  expect(readdirSync(FIXTURES).filter((file) => file.endsWith(".json"))).toEqual([
    "configs.json",
    ...NAMES.map((name) => `${name}.json`),
  ]);
});
