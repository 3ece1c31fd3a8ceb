// A model on a server, read by ranges alone.
import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { httpModelSource, httpSource, openModel, signatureOf } from "../../src/model/index.ts";
import { type Handler, serve } from "../hub/file-server.ts";
import { fixture, MNIST } from "./files.ts";

/** Answers ranges of a file as RFC 9110 has them. */
function ranges(bytes: Uint8Array, etag = '"v1"'): Handler {
  return (request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const validator = request.headers["if-range"];
    if (from === undefined || to === undefined || (validator !== undefined && validator !== etag)) {
      response.writeHead(200, { etag, "content-length": bytes.length }).end(bytes);
      return;
    }
    const end = Math.min(Number(to), bytes.length - 1);
    if (Number(from) >= bytes.length) return void response.writeHead(416).end();
    response.writeHead(206, { etag, "content-range": `bytes ${from}-${end}/${bytes.length}` });
    response.end(bytes.subarray(Number(from), end + 1));
  };
}

async function site(handler: Handler): Promise<{ url: string; asked: string[] }> {
  const server = await serve(handler);
  onTestFinished(() => server.close());
  return { url: server.url, asked: server.ranges };
}

test("a model is opened and a weight read, without fetching the rest", async () => {
  const bytes = readFileSync(MNIST);
  const { url, asked } = await site(ranges(bytes));
  const source = await httpModelSource(`${url}/models/mnist.onnx`);
  expect(source.main.size).toBe(bytes.length);
  const model = await openModel(source);
  expect(signatureOf(model).inputs).toEqual([{ name: "Input3", dtype: "float32", shape: [1, 1, 28, 28] }]);
  expect(asked.every((range) => range.startsWith("bytes="))).toBe(true);
  await source.close();
});

test("every range is the file's, whatever block it lies in", async () => {
  const bytes = new Uint8Array(1_000_003).map((_, i) => (i * 7919) >>> 3);
  const { url, asked } = await site(ranges(bytes));
  const source = await httpSource(`${url}/x`);
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  for (let round = 0; round < 200; round++) {
    const length = next(round % 10 === 0 ? 300_000 : 3_000);
    const offset = next(bytes.length - length + 1);
    expect(
      Buffer.from(await source.read(offset, length)).equals(
        Buffer.from(bytes.subarray(offset, offset + length)),
      ),
    ).toBe(true);
  }
  await expect(source.read(bytes.length - 1, 2)).rejects.toMatchObject({ code: "FILE_TRUNCATED" });
  expect(asked.length).toBeLessThan(250);
});

test("external data beside the model is found below the same address, and only there", async () => {
  const files: Record<string, Buffer> = {
    "/a/types-external.onnx": fixture("types-external.onnx"),
    "/a/types-external.bin": fixture("types-external.bin"),
  };
  const { url } = await site((request, response, count) => {
    const file = files[(request.url ?? "").split("?", 1)[0] ?? ""];
    if (file) ranges(file)(request, response, count);
    else response.writeHead(404).end();
  });
  const source = await httpModelSource(`${url}/a/types-external.onnx?token=1`);
  const model = await openModel(source);
  const tensor = await model.graph.values.get("INT64")?.constant?.read();
  expect(tensor?.data[0]).toBe(-(2n ** 63n));
  expect(await source.sibling("nothing.bin")).toBe(null);
  await expect(source.sibling("../secret")).rejects.toMatchObject({ code: "FILE_ESCAPES_FOLDER" });
});

const whole: Handler = (_request, response) => void response.writeHead(200).end("the whole file");
const cut: Handler = (_request, response) => {
  response.writeHead(206, { "content-range": "bytes 0-9/10", "content-length": "10" });
  response.write("abc", () => setTimeout(() => response.destroy(), 20));
};
const elsewhere: Handler = (_request, response) =>
  void response.writeHead(206, { "content-range": "bytes 5-9/10" }).end("fffff");

test.each<[string, Handler]>([
  ["FILE_REMOTE_WHOLE", whole],
  ["FILE_REMOTE_WHOLE", elsewhere],
  ["FILE_REMOTE_UNREACHABLE", cut],
  ["FILE_REMOTE_STATUS", (_request, response) => void response.writeHead(403).end()],
  ["FILE_REMOTE_STATUS", (_request, response) => void response.writeHead(404).end()],
  [
    "FILE_REMOTE_ADDRESS",
    (_request, response) => void response.writeHead(302, { location: "ftp://x/y" }).end(),
  ],
])("%s", async (code, handler) => {
  const { url } = await site(handler);
  const error = await httpSource(`${url}/m.onnx`).catch((thrown: unknown) => thrown);
  if (code === "FILE_REMOTE_ADDRESS") expect((error as { code: string }).code).toMatch(/^FILE_REMOTE_/);
  else expect(error).toMatchObject({ code, where: `${url}/m.onnx`, hint: expect.stringMatching(/\S/) });
});

test("more than was asked for is not taken", async () => {
  const { url } = await site((_request, response) => {
    response.writeHead(206, { "content-range": "bytes 0-9/10" });
    response.end(Buffer.alloc(1_000_000, "a"));
  });
  const source = await httpSource(`${url}/m`);
  expect(await source.read(0, 10)).toEqual(new Uint8Array(10).fill(97));
});

test("a file that changes while it is read is told from one that does not", async () => {
  let version = '"v1"';
  const bytes = new Uint8Array(300_000).fill(1);
  const { url } = await site((request, response, count) => ranges(bytes, version)(request, response, count));
  const source = await httpSource(`${url}/m.onnx`);
  expect((await source.read(200_000, 10))[0]).toBe(1);
  version = '"v2"';
  await expect(source.read(100_000, 10)).rejects.toMatchObject({ code: "FILE_REMOTE_CHANGED" });
});

test.each(["ftp://host/x", "http://example.org/x", "not an address"])("%s is no address", async (url) => {
  await expect(httpSource(url)).rejects.toMatchObject({ code: "FILE_REMOTE_ADDRESS" });
});

test("an empty file has no bytes", async () => {
  const { url } = await site(ranges(new Uint8Array(0)));
  const source = await httpSource(`${url}/m`);
  expect(source.size).toBe(0);
});
