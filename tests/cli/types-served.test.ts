import { createServer, type RequestListener } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { modelyard, serve, untilReady } from "./modelyard.ts";

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function refused(source: string): Promise<{ code: string; message: string; hint: string }> {
  const { code, stdout, stderr } = await modelyard(["types", source, "--json"]);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  return JSON.parse(stderr).error;
}

test("types of a running server's model; of one that it lacks, its own words are told", async () => {
  const { url } = await serve("examples/models/mnist", ["--no-log"]);
  await untilReady(url, "mnist");
  const { code, stdout } = await modelyard(["types", `${url}/models/mnist`]);
  expect(code).toBe(0);
  expect(stdout).toContain("export interface MnistInputs");
  const error = await refused(`${url}/models/nope`);
  expect(error.code).toBe("TYPES_REFUSED");
  expect(error.message).toContain("nope");
  expect(error.hint).not.toBe("");
  const told = await modelyard(["types", `${url}/models/nope`]);
  expect(told.stderr).not.toMatch(/defect of Modelyard|INTERNAL|^ +at /m);
});

test("a server's own address stands for its only model, and one of several is to be named", async () => {
  const { url } = await serve("examples/models/mnist", ["--no-log"]);
  await untilReady(url, "mnist");
  for (const address of [url, `${url}/`, `${url}/models/mnist/`])
    expect((await modelyard(["types", address])).stdout).toContain("export interface MnistInputs");
  const several = await listen((_request, response) =>
    response.end(JSON.stringify({ models: [{ name: "a" }, { name: "b" }, { name: "b" }] })),
  );
  expect(await refused(several)).toMatchObject({
    code: "TYPES_SEVERAL",
    message: `The server ${several} has 2 models, and types are those of one.`,
    hint: expect.stringContaining("a, b"),
  });
  const page = await listen((_request, response) => response.end("<!doctype html><title>Hello</title>"));
  expect(await refused(page)).toMatchObject({ code: "TYPES_FOREIGN" });
  const other = await listen((_request, response) => response.end('{"models": {"a": 1}}'));
  expect(await refused(other)).toMatchObject({ code: "TYPES_FOREIGN" });
});

test("where no server answers, that is said with what to do", async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(other.address() as { port: number }).port}`;
  await new Promise((done) => other.close(done));
  expect(await refused(`${url}/models/x`)).toMatchObject({
    code: "TYPES_UNREACHABLE",
    message: `No server answers at ${url}.`,
    hint: expect.stringContaining("modelyard serve"),
  });
  expect(await refused(`${url}/models/%zz`)).toMatchObject({ code: "HUB_NO_ADDRESS" });
});

const FOREIGN: readonly [string, RequestListener][] = [
  [
    "a page of an error",
    (_request, response) =>
      response.writeHead(404, { "content-type": "text/html" }).end("<html><h1>Nothing here</h1></html>"),
  ],
  ["a page", (_request, response) => response.end("<!doctype html><title>Hello</title>")],
  ["other JSON", (_request, response) => response.end('{"object": "model", "signature": {"inputs": 3}}')],
  ["null", (_request, response) => response.end("null")],
  ["another's error", (_request, response) => response.writeHead(400).end('{"error": "no"}')],
  [
    "an answer that breaks off",
    (_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{");
      setImmediate(() => response.destroy());
    },
  ],
];

test.each(FOREIGN)("a server that is not ours is named as that: %s", async (_name, handler) => {
  const url = await listen(handler);
  const error = await refused(`${url}/models/x`);
  expect(error.code).toBe("TYPES_FOREIGN");
  expect(error.message).toContain(`${url}/models/x`);
  expect(error.message).not.toContain("<");
  expect(error.hint).toContain("modelyard pull");
});
