// Every refusal of the server, asked for over real sockets: status, code, what, and what to do.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Lease } from "../../src/run/pipeline/catalogue.ts";
import { startServer } from "../../src/serve/server/start.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { fixtureModel, Gate, openTestCatalogue, SUM } from "./catalogue.ts";
import { ask, memoryStore, post, type Reply, startTestServer, type TestServer, talk } from "./server.ts";

const BODY_LIMIT = 200_000;

let server: TestServer;
const slow = new Gate();
beforeAll(async () => {
  server = await startTestServer({
    models: [
      fixtureModel("identity-int8", { maxRows: 4 }),
      fixtureModel("identity-float32", { name: "slow", gate: slow }),
      fixtureModel("log"),
      SUM,
      fixtureModel("scalar", { name: "mute", predict: silence }),
    ],
    limits: { bodyBytes: BODY_LIMIT, bufferedBytes: 2 * BODY_LIMIT, sequences: 2, sequenceFrames: 2 },
  });
});
afterAll(() => server.close());

async function* echo(input: Parameters<Lease["predict"]>[0]): ReturnType<Lease["predict"]> {
  yield { type: "answer", value: input.kind === "json" ? input.value : input.kind, warnings: [] };
}

async function* silence(): ReturnType<NonNullable<Parameters<typeof fixtureModel>[1]>["predict"] & object> {}

function refused(reply: Reply, status: number, code: string): void {
  expect(reply.json, reply.text).toMatchObject({
    code,
    error: expect.stringMatching(/\S/),
    hint: expect.any(String),
  });
  expect(reply.status).toBe(status);
  expect(reply.text).not.toMatch(/\bat \S+\.js|node_modules|undefined|\[object/);
}

const ROW = { name: "x", datatype: "INT8", shape: [1, 1], data: [5] };
const infer = (model: string, body: unknown, headers?: Record<string, string>) =>
  post(`${server.url}/v2/models/${model}/infer`, body, headers);

describe("a request that does not fit the model", () => {
  test.each<[string, string, unknown]>([
    ["an unknown input", "SERVE_INPUT_UNKNOWN", { inputs: [{ ...ROW, name: "z" }] }],
    ["an input given twice", "SERVE_INPUT_TWICE", { inputs: [ROW, ROW] }],
    ["no input at all", "SERVE_INPUT_MISSING", { inputs: [] }],
    ["an unknown output", "SERVE_OUTPUT_UNKNOWN", { inputs: [ROW], outputs: [{ name: "q" }] }],
    [
      "an output asked for twice",
      "SERVE_OUTPUT_TWICE",
      { inputs: [ROW], outputs: [{ name: "y" }, { name: "y" }] },
    ],
    ["another type", "SERVE_DATATYPE", { inputs: [{ ...ROW, datatype: "FP32" }] }],
    ["another rank", "SERVE_SHAPE", { inputs: [{ ...ROW, shape: [1] }] }],
    ["more rows than allowed", "SERVE_ROWS", { inputs: [{ ...ROW, shape: [5, 1], data: [1, 2, 3, 4, 5] }] }],
    ["too few elements", "SERVE_DATA_LENGTH", { inputs: [{ ...ROW, shape: [1, 2] }] }],
    ["a shape that overflows", "SERVE_DATA_LENGTH", { inputs: [{ ...ROW, shape: [1, 2 ** 53 - 1] }] }],
    ["a shape whose product overflows", "SERVE_DATA_LENGTH", { inputs: [{ ...ROW, shape: [4, 2 ** 52] }] }],
    ["a negative length", "SERVE_FIELD", { inputs: [{ ...ROW, shape: [-1, 1] }] }],
    ["a length beyond whole numbers", "SERVE_FIELD", { inputs: [{ ...ROW, shape: [1, 1e300] }] }],
    ["a fraction of a row", "SERVE_FIELD", { inputs: [{ ...ROW, shape: [1.5, 1] }] }],
    ["inputs that are no list", "SERVE_FIELD", { inputs: { x: ROW } }],
    ["a body that is a list", "SERVE_FIELD", [ROW]],
    ["an id that is a number", "SERVE_FIELD", { id: 7, inputs: [ROW] }],
    ["binary tensors", "SERVE_EXTENSION", { inputs: [{ ...ROW, parameters: { binary_data_size: 1 } }] }],
    ["shared memory", "SERVE_EXTENSION", { inputs: [{ ...ROW, parameters: { shared_memory_region: "a" } }] }],
    ["a value beyond the type", "SERVE_VALUE", { inputs: [{ ...ROW, data: [128] }] }],
    [
      "a sequence of a model without states",
      "SERVE_SEQUENCE_STATELESS",
      { parameters: { sequence_id: 1, sequence_start: true }, inputs: [ROW] },
    ],
  ])("%s", async (_what, code, body) => {
    refused(await infer("identity-int8", body), 400, code);
  });

  test("inputs of one request that differ in the rows they share", async () => {
    const inputs = ["INPUT0", "INPUT1"].map((name, i) => ({
      name,
      datatype: "INT32",
      shape: [i + 1, 16],
      data: new Array(16 * (i + 1)).fill(1),
    }));
    // Only Triton's own models have two inputs that share their rows; the reader alone is asked here.
    const { planOf } = await import("../../src/serve/server/wire/plan.ts");
    const { readEnvelope, readQuestion } = await import("../../src/serve/server/wire/read-request.ts");
    const spec = (name: string) => ({ name, dtype: "int32" as const, shape: ["rows", 16] });
    const catalogue = await openTestCatalogue([fixtureModel("identity-int32")]);
    const lease = catalogue.lease("identity-int32");
    const card = { ...lease.card, signature: { inputs: [spec("INPUT0"), spec("INPUT1")], outputs: [] } };
    const envelope = readEnvelope(Buffer.from(JSON.stringify({ inputs })));
    expect(() => readQuestion(planOf(card), envelope)).toThrow(
      expect.objectContaining({ code: "SERVE_SHAPE_ROWS" }),
    );
    lease.release();
    await catalogue.close();
  });
});

describe("a body that is no request", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["nothing", "", "SERVE_BODY_EMPTY"],
    ["half a text", '{"inputs": [', "SERVE_JSON"],
    ["HTML", "<!doctype html><html></html>", "SERVE_JSON"],
    ["NaN", '{"inputs": [NaN]}', "SERVE_JSON"],
    ["bytes that are no UTF-8", Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), "SERVE_BODY_TEXT"],
    ["lists nested ten thousand deep", "[".repeat(10_000) + "]".repeat(10_000), "SERVE_JSON_DEEP"],
    [
      "objects nested ten thousand deep",
      `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
      "SERVE_JSON_DEEP",
    ],
    ["depth that is only opened", "[".repeat(100_000), "SERVE_JSON_DEEP"],
  ])("%s", async (_what, body, code) => {
    refused(await infer("identity-int8", body), 400, code);
    const task = await post(`${server.url}/models/identity-int8`, body);
    refused(task, 400, code);
  });

  test("brackets inside text are text", async () => {
    const answer = await infer("identity-int8", { id: `${"[".repeat(200)}\\"`, inputs: [ROW] });
    expect(answer.json.outputs[0].data).toEqual([5]);
  });

  test("more lists than any tensor has rows", async () => {
    const big = await startTestServer({ models: [fixtureModel("identity-int8")] });
    try {
      const body = `{"inputs":[${"[],".repeat(2 ** 22)}[]]}`;
      refused(await post(`${big.url}/v2/models/identity-int8/infer`, body), 413, "SERVE_JSON_CROWDED");
    } finally {
      await big.close();
    }
  });

  describe("many keys", () => {
    const KEYS = 100_000;
    const members = Array.from({ length: KEYS }, (_, i) => `"k${i}":1`).join();
    let big: TestServer;
    beforeAll(async () => {
      big = await startTestServer({ models: [fixtureModel("identity-int8", { predict: echo })] });
    });
    afterAll(() => big.close());

    test.each<[string, string]>([
      ["among the inputs", `{"inputs":{${members}}}`],
      ["among the parameters", `{"inputs":{"x":[[5]]},"parameters":{${members}}}`],
      ["beside the inputs", `{"inputs":{"x":[[5]]},${members}}`],
      ["each in an object of its own", `{"inputs":[${'{"":0},'.repeat(KEYS)}0]}`],
      ["behind text that ends in backslashes", `{"a\\\\":"\\\\\\"","inputs":{${members}}}`],
      ["behind text that is not ASCII", `{"ä€😀":"€:","inputs":{${members}}}`],
      ["with white space before the colons", `{"inputs":{${members.replaceAll(":", "\n :")}}}`],
    ])("%s are refused on every route, and others are answered", async (_what, body) => {
      const paths = ["/models/identity-int8", "/v2/models/identity-int8/infer"];
      const replies = await Promise.all([
        ...paths.map((path) => post(`${big.url}${path}`, body)),
        ask(`${big.url}/v2/health/live`),
      ]);
      expect(replies.pop()?.status).toBe(200);
      for (const reply of replies) {
        refused(reply, 413, "SERVE_JSON_CROWDED");
        expect(reply.text).toContain("16384 keys");
      }
    });

    test.each<[string, object]>([
      ["colons and braces inside text", { padding: ':{"a":1}\\'.repeat(KEYS) }],
      ["colons inside a key", { [`${'":'.repeat(KEYS)}\\`]: ":" }],
      ["text in lists", { padding: new Array(KEYS).fill(":") }],
      ["lists nested in lists", { padding: new Array(KEYS).fill([[1]]) }],
      ["some thousands of keys", { padding: new Array(5_000).fill({ a: 1, b: { c: "€" } }) }],
    ])("%s pass", async (_what, extra) => {
      const answer = await post(`${big.url}/v2/models/identity-int8/infer`, { inputs: [ROW], ...extra });
      expect(answer.json.outputs[0].data).toEqual([5]);
      const task = await post(`${big.url}/models/identity-int8`, { inputs: { x: [[5]] }, ...extra });
      expect(task.json, task.text).toEqual({ x: [[5]] });
    });

    test("numbers in lists are not counted", async () => {
      const data = new Array(300_000).fill(7);
      const answer = await post(`${big.url}/v2/models/identity-int8/infer`, {
        inputs: [{ ...ROW, shape: [data.length, 1], data }],
      });
      expect(answer.json.outputs[0].data).toHaveLength(data.length);
    });
  });

  test("a body over the limit, announced or not", async () => {
    const body = `{"inputs": "${"x".repeat(BODY_LIMIT)}"}`;
    refused(await infer("identity-int8", body), 413, "SERVE_BODY_TOO_LARGE");
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(body));
        controller.close();
      },
    });
    const init = { method: "POST", body: chunked, duplex: "half" } as RequestInit;
    refused(await ask(`${server.url}/v2/models/identity-int8/infer`, init), 413, "SERVE_BODY_TOO_LARGE");
  });

  test("a compressed body", async () => {
    const body = gzipSync(JSON.stringify({ inputs: [ROW] }));
    refused(await infer("identity-int8", body, { "content-encoding": "gzip" }), 415, "SERVE_BODY_ENCODING");
  });

  test("a form with files", async () => {
    const form = new FormData();
    form.set("file", new Blob(["x"]));
    const answer = await ask(`${server.url}/models/identity-int8`, { method: "POST", body: form });
    refused(answer, 415, "SERVE_MEDIA_TYPE");
  });

  test("more bodies at once than the server may hold", async () => {
    const body = JSON.stringify({
      inputs: [{ name: "x", datatype: "FP32", shape: [1, 1], data: [1] }],
      padding: "x".repeat(BODY_LIMIT - 200),
    });
    slow.shut();
    const asked = Array.from({ length: 6 }, () => infer("slow", body));
    // Nobody is answered but who is refused.
    expect((await Promise.race(asked)).status).toBe(503);
    await expect.poll(() => slow.waiting).toBeGreaterThan(0);
    slow.open();
    const answers = await Promise.all(asked);
    const full = answers.filter((answer) => answer.status === 503);
    for (const answer of full) refused(answer, 503, "SERVE_BODIES_FULL");
    expect(answers.some((answer) => answer.status === 200)).toBe(true);
    // What was held is given back.
    expect((await infer("slow", body)).status).toBe(200);
  });

  test("a connection that ends before its body is logged as cut, and harms nobody", async () => {
    const before = server.catalogue.leases();
    const text = await talk(
      server.port,
      "POST /v2/models/identity-int8/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{",
      200,
    );
    expect(text).toBe("");
    await expect.poll(() => server.catalogue.leases()).toBe(before);
    const { PassThrough } = await import("node:stream");
    const { readBody } = await import("../../src/serve/server/rest/body.ts");
    const cut = Object.assign(new PassThrough(), { headers: { "content-length": "9" } });
    const budget = { bodyBytes: 100, bufferedBytes: 100, held: 0 };
    const reading = readBody(cut as never, budget);
    cut.write("abc");
    setImmediate(() => cut.destroy());
    await expect(reading).rejects.toMatchObject({ code: "SERVE_BODY_CUT" });
    expect(budget.held).toBe(0);
  });
});

describe("an address where nothing is", () => {
  test.each<[string, string]>([
    ["GET", "/nothing"],
    ["POST", "/v2/nothing"],
    ["POST", "/models/mnist/2/example"],
  ])("%s %s", async (method, path) => {
    const reply = await ask(server.url + path, { method });
    refused(reply, 404, "SERVE_ROUTE_UNKNOWN");
    expect(reply.headers.get("allow")).toBe(null);
  });

  test.each<[string, string, string]>([
    ["DELETE", "/models/mnist", "GET, HEAD, POST"],
    ["PUT", "/v2/models/mnist/versions/1/infer?x=1", "POST"],
    ["GET", "/v2/models/none/infer", "POST"],
    ["POST", "/v2/health/ready", "GET, HEAD"],
    ["OPTIONS", "/v2", "GET, HEAD"],
    ["POST", "/docs/static/x.css", "GET, HEAD"],
    ["POST", "/metrics", "GET, HEAD"],
  ])("something is there, and is not asked with %s %s", async (method, path, allowed) => {
    const reply = await ask(server.url + path, { method });
    refused(reply, 405, "SERVE_METHOD");
    expect(reply.headers.get("allow")).toBe(allowed);
  });

  test("a page's files are no addresses of another method", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "index.html"), "<p>page");
    const own = await startTestServer({ models: [SUM], web: folder });
    try {
      refused(await ask(`${own.url}/nothing`, { method: "POST" }), 404, "SERVE_ROUTE_UNKNOWN");
      refused(await ask(`${own.url}/`, { method: "POST" }), 405, "SERVE_METHOD");
    } finally {
      await own.close();
    }
  });

  test("a path that leaves the page's folder", async () => {
    const folder = join(emptyFolder(), "page");
    mkdirSync(folder);
    writeFileSync(join(folder, "index.html"), "<p>page");
    writeFileSync(join(folder, "../secret.txt"), "secret");
    const own = await startTestServer({ models: [SUM], web: folder });
    try {
      for (const path of [
        "/../secret.txt",
        "/x/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
      ]) {
        const text = await talk(own.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
        expect(text, path).toMatch(/^HTTP\/1\.1 404 /);
        expect(text, path).toContain('"SERVE_ROUTE_UNKNOWN"');
        expect(text).not.toContain("secret\r");
      }
    } finally {
      await own.close();
    }
  });

  test("an address that cannot be decoded", async () => {
    const text = await talk(
      server.port,
      "GET /models/%ff%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('"SERVE_URL"');
  });

  test("bytes that are not HTTP", async () => {
    for (const bytes of ["\x16\x03\x01\x02\x00", "GET / SMTP/9\r\n\r\n", "GET / HTTP/1.1\r\nA\r\n\r\n"]) {
      const text = await talk(server.port, bytes);
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).toContain('"SERVE_HTTP"');
    }
    expect((await ask(`${server.url}/v2`)).status).toBe(200);
  });

  test("a model without an example", async () => {
    refused(await ask(`${server.url}/models/log/example`), 404, "SERVE_NO_EXAMPLE");
  });

  test("a task that ends without an answer is our defect, and says so", async () => {
    const answer = await post(`${server.url}/models/mute`, { inputs: 1 });
    expect(answer.status).toBe(500);
    expect(answer.json.code).toBe("SERVE_NO_ANSWER");
  });
});

describe("sequences", () => {
  const frame = (data: number[], parameters: object) => ({
    parameters,
    inputs: [{ name: "x", datatype: "FP32", shape: [1, 4], data }],
  });
  const ones = [1, 1, 1, 1];

  test("are known by their start, carry their own state, and end", async () => {
    refused(await infer("sum", frame(ones, { sequence_id: 77 })), 400, "SERVE_SEQUENCE_UNKNOWN");
    const first = await infer("sum", frame(ones, { sequence_id: 77, sequence_start: true }));
    expect(first.json.outputs).toHaveLength(1);
    const state = { name: "sum", datatype: "FP32", shape: [1, 4], data: ones };
    const both = frame(ones, { sequence_id: 77 });
    refused(await infer("sum", { ...both, inputs: [...both.inputs, state] }), 400, "SERVE_SEQUENCE_STATE");
    const last = await infer("sum", frame(ones, { sequence_id: 77, sequence_end: true }));
    expect(last.json.outputs[0].data).toEqual([20, 20, 20, 20]);
    refused(await infer("sum", frame(ones, { sequence_id: 77 })), 400, "SERVE_SEQUENCE_UNKNOWN");
  });

  test.each([-1, 1.5, true, [1], "x".repeat(300), { a: 1 }])("the id %j is none", async (sequence_id) => {
    refused(await infer("sum", frame(ones, { sequence_id, sequence_start: true })), 400, "SERVE_FIELD");
  });

  test("are as many as the server allows, and frames wait as many as it allows", async () => {
    const start = { sequence_start: true };
    expect((await infer("sum", frame(ones, { sequence_id: "a", ...start }))).status).toBe(200);
    expect((await infer("sum", frame(ones, { sequence_id: "b", ...start }))).status).toBe(200);
    refused(await infer("sum", frame(ones, { sequence_id: "c", ...start })), 503, "SERVE_SEQUENCES_FULL");
    for (const sequence_id of ["a", "b"])
      await infer("sum", frame(ones, { sequence_id, sequence_end: true }));

    const gate = new Gate();
    const busy = await startTestServer({
      models: [{ ...SUM, gate }],
      limits: { sequenceFrames: 2 },
    });
    try {
      const url = `${busy.url}/v2/models/sum/infer`;
      await post(url, frame(ones, { sequence_id: 1, ...start }));
      gate.shut();
      let refusals = 0;
      const asked = Array.from({ length: 5 }, async () => {
        const answer = await post(url, frame(ones, { sequence_id: 1 }));
        if (answer.status !== 200) refusals++;
        return answer;
      });
      await expect.poll(() => refusals).toBe(3);
      gate.open();
      const answers = await Promise.all(asked);
      const full = answers.filter((answer) => answer.status !== 200);
      expect(full).toHaveLength(3);
      for (const answer of full) refused(answer, 503, "SERVE_SEQUENCE_BUSY");
    } finally {
      await busy.close();
    }
  });
});

describe("starting and ending", () => {
  test("an address that is not of this machine", async () => {
    const options = {
      catalogue: server.catalogue,
      store: memoryStore([]),
      port: 0,
      host: "192.0.2.1",
      expose: { insecure: true },
    };
    await expect(startServer(options)).rejects.toMatchObject({
      code: "SERVE_LISTEN",
      message: expect.stringContaining("192.0.2.1"),
    });
  });

  test("what is under way is answered, what comes later is refused", async () => {
    const gate = new Gate();
    gate.shut();
    const other = await startTestServer({
      models: [fixtureModel("identity-float32", { name: "slow", gate })],
    });
    const url = `${other.url}/v2/models/slow/infer`;
    const body = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 1], data: [3] }] };
    // A connection of its own, open before the end begins: a new one would be refused by the closed port.
    const waiting = post(url, body);
    await expect.poll(() => other.catalogue.leases()).toBe(1);
    const closing = other.close();
    const ready = await ask(`${other.url}/v2/health/ready`);
    expect(ready.status).toBe(503);
    refused(await post(url, body), 503, "SERVE_DRAINING");
    gate.open();
    expect((await waiting).json.outputs[0].data).toEqual([3]);
    await closing;
    await expect(fetch(other.url)).rejects.toThrow();
  });
});
