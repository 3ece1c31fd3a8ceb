import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resolveSource } from "../../src/run/hub/index.ts";
import { type FileServer, type Handler, sendFile, serve } from "./file-server.ts";

let cache: string;
let server: FileServer | null = null;
const bytes = randomBytes(300_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "hub-"));
});

afterEach(async () => {
  await server?.close();
  server = null;
  await rm(cache, { recursive: true, force: true });
});

async function start(handler: Handler): Promise<FileServer> {
  server = await serve(handler);
  return server;
}

/** Every file below the cache but the refs and blobs of finished downloads. */
async function leftovers(): Promise<string[]> {
  const entries = await readdir(cache, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(cache.length + 1))
    .filter((name) => !/^blobs\/[0-9a-f]{64}\/[^/]+$/.test(name) && !/^refs\/[0-9a-f]{64}\.json$/.test(name));
}

describe("a download", () => {
  test("arrives whole, reports its progress, and is not fetched a second time", async () => {
    const { url, ranges } = await start(sendFile(bytes, '"v1"'));
    const seen: [number, number][] = [];
    const onProgress = (done: number, total: number) => seen.push([done, total]);
    const first = await resolveSource(`${url}/a%20b/net.onnx?x=1`, { cache, onProgress, sha256 });
    expect(await readFile(first.path)).toEqual(bytes);
    expect(first).toMatchObject({ bytes: 300_000, sha256 });
    expect(first.path).toMatch(/net\.onnx$/);
    expect(seen.at(-1)).toEqual([300_000, 300_000]);
    const second = await resolveSource(`${url}/a%20b/net.onnx?x=1`, { cache });
    expect(second.path).toBe(first.path);
    expect(ranges).toEqual([""]);
    expect(await leftovers()).toEqual([]);
  });

  test("whose connection breaks goes on where it stopped", async () => {
    const broken = sendFile(bytes, '"v1"', 100_000);
    const whole = sendFile(bytes, '"v1"');
    const { url, ranges } = await start((a, b, count) => (count < 3 ? broken : whole)(a, b, count));
    const { path } = await resolveSource(`${url}/net.onnx`, { cache });
    expect(await readFile(path)).toEqual(bytes);
    expect(ranges).toEqual(["", "bytes=100000-", "bytes=200000-"]);
    expect(await leftovers()).toEqual([]);
  });

  test("that breaks before anything came, or where nothing can be kept, is asked for again", async () => {
    const cut: Handler = (request) => request.socket.destroy();
    const early: Handler = (_request, response) => {
      response.writeHead(200, { "content-length": "300000" });
      response.flushHeaders();
      setTimeout(() => response.destroy(), 20);
    };
    const nameless = sendFile(bytes, 'W/"v1"', 100_000);
    const whole = sendFile(bytes, '"v1"');
    const { url, ranges } = await start((a, b, count) =>
      ([cut, early, nameless][count - 1] ?? whole)(a, b, count),
    );
    const { path } = await resolveSource(`${url}/net.onnx`, { cache });
    expect(await readFile(path)).toEqual(bytes);
    expect(ranges).toEqual(["", "", "", ""]);
    expect(await leftovers()).toEqual([]);
  });

  test("that breaks for good says how far it came; the next one goes on from there", async () => {
    let cut: number | undefined = 50_000;
    const { url, ranges } = await start((a, b, count) => sendFile(bytes, '"v1"', cut)(a, b, count));
    await expect(resolveSource(`${url}/net.onnx`, { cache })).rejects.toMatchObject({
      code: "HUB_INTERRUPTED",
    });
    const tries = ranges.length;
    cut = undefined;
    const { path } = await resolveSource(`${url}/net.onnx`, { cache });
    expect(await readFile(path)).toEqual(bytes);
    // A reset may overtake bytes that were sent: then that try came less far, but none is lost that came.
    const starts = ranges.map((range) => Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts[tries]).toBeGreaterThan(0);
    expect(starts[tries]).toBeLessThanOrEqual(50_000 * tries);
  });

  test("that ends says how many bytes of how many came, or that nobody told", async () => {
    const cutAfter =
      (head: Record<string, string>): Handler =>
      (_request, response) => {
        response.writeHead(200, head);
        response.write("x".repeat(10), () => setImmediate(() => response.destroy()));
      };
    const told = await start(cutAfter({ "content-length": "1000" }));
    await expect(resolveSource(`${told.url}/net.onnx`, { cache })).rejects.toThrow(
      /ended after \d+ of 1000 bytes/,
    );
    const untold = await start(cutAfter({}));
    await expect(resolveSource(`${untold.url}/net.onnx`, { cache })).rejects.toThrow(
      /ended after \d+ of an untold number of bytes/,
    );
  });

  test("begins anew where the file changed in between", async () => {
    const other = randomBytes(250_000);
    let answer = sendFile(bytes, '"v1"', 50_000);
    const { url } = await start((a, b, count) => answer(a, b, count));
    await expect(resolveSource(`${url}/net.onnx`, { cache })).rejects.toMatchObject({
      code: "HUB_INTERRUPTED",
    });
    answer = sendFile(other, '"v2"');
    const { path } = await resolveSource(`${url}/net.onnx`, { cache });
    expect(await readFile(path)).toEqual(other);
  });

  test("that ends before its announced length leaves nothing that looks like a model", async () => {
    const { url } = await start((_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("x".repeat(10), () => response.destroy());
    });
    await expect(resolveSource(`${url}/net.onnx`, { cache })).rejects.toMatchObject({
      code: "HUB_INTERRUPTED",
    });
    expect(await readdir(join(cache, "blobs")).catch(() => [])).toEqual([]);
  });

  test("with another checksum than expected is refused and not kept", async () => {
    const { url, ranges } = await start(sendFile(bytes, '"v1"'));
    const wrong = sha256.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    const asked = resolveSource(`${url}/net.onnx`, { cache, sha256: wrong });
    await expect(asked).rejects.toMatchObject({ code: "HUB_CHECKSUM" });
    await expect(asked).rejects.toThrow(sha256);
    expect(await readdir(join(cache, "blobs")).catch(() => [])).toEqual([]);
    expect(await leftovers()).toEqual([]);
    // Nor does the right file in the cache pass for the wrong one.
    await resolveSource(`${url}/net.onnx`, { cache });
    await expect(resolveSource(`${url}/net.onnx`, { cache, sha256: wrong })).rejects.toMatchObject({
      code: "HUB_CHECKSUM",
    });
    await expect(resolveSource(`${url}/net.onnx`, { cache, sha256: "abc" })).rejects.toMatchObject({
      code: "HUB_CHECKSUM_FORM",
    });
    expect(ranges).toHaveLength(2);
  });

  test("can be called off", async () => {
    const { url } = await start(sendFile(bytes, '"v1"', 10_000));
    const stop = new AbortController();
    const asked = resolveSource(`${url}/net.onnx`, {
      cache,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(asked).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("of one file by four at once gives the same file to all", async () => {
    const { url } = await start(sendFile(bytes, '"v1"'));
    const all = await Promise.all([1, 2, 3, 4].map(() => resolveSource(`${url}/net.onnx`, { cache })));
    expect(new Set(all.map(({ path }) => path)).size).toBe(1);
    expect(await readFile(all[0]?.path ?? "")).toEqual(bytes);
    expect(await leftovers()).toEqual([]);
  });
});

describe("a server that has no model to give", () => {
  test.each([
    [403, /asks who you are/],
    [404, /Nothing lies there/],
    [429, /asked too often/],
    [500, /in trouble/],
    [418, /in a browser/],
  ])("with status %s, there is something to do about it", async (status, hint) => {
    const { url } = await start((_request, response) => response.writeHead(status).end("no"));
    const error = await resolveSource(`${url}/net.onnx`, { cache }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "HUB_HTTP_STATUS", hint: expect.stringMatching(hint) });
  });

  const refused: [string, string, Handler][] = [
    ["an error status", "HUB_HTTP_STATUS", (_request, response) => response.writeHead(403).end("no")],
    [
      "a web page",
      "HUB_PAGE",
      (_request, response) =>
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html>"),
    ],
    [
      "redirects without end",
      "HUB_REDIRECTS",
      (request, response) => response.writeHead(302, { location: `${request.url}x` }).end(),
    ],
    [
      "a redirect to plain http elsewhere",
      "HUB_NOT_HTTPS",
      (_request, response) => response.writeHead(302, { location: "http://example.invalid/x" }).end(),
    ],
    [
      "a file beyond every limit",
      "HUB_TOO_LARGE",
      (_request, response) => {
        response.writeHead(200, { "content-length": String(2 ** 42) });
        response.write("x");
      },
    ],
    ["a closed connection", "HUB_UNREACHABLE", (request) => request.socket.destroy()],
  ];
  test.for(refused)("%s: %s", async ([, code, handler]) => {
    const { url } = await start(handler);
    await expect(resolveSource(`${url}/net.onnx`, { cache })).rejects.toMatchObject({ code });
  });
});

describe("what cannot be asked for", () => {
  const refused: [string, string][] = [
    ["ftp://host/x.onnx", "HUB_SCHEME_UNKNOWN"],
    ["hf:org/name", "HUB_SCHEME_LATER"],
    ["s3://bucket/x.onnx", "HUB_SCHEME_LATER"],
    ["http://example.invalid/x.onnx", "HUB_NOT_HTTPS"],
    ["https://", "HUB_NO_ADDRESS"],
    ["no/such/file.onnx", "FILE_NOT_FOUND"],
  ];
  test.for(refused)("%s is %s", async ([source, code]) => {
    await expect(resolveSource(source, { cache })).rejects.toMatchObject({ code });
  });
});

test("only sources that can be asked are offered", async () => {
  for (const source of ["foo:bar", " "]) {
    const { hint } = await resolveSource(source, { cache }).catch((error) => error);
    expect(hint).toMatch(/^Sources are: .*https:\/\/host\/path.*npm:package@version\/path\.$/);
    expect(hint).not.toMatch(/\b(hf|s3|oci):/);
  }
});

test("a cache folder that cannot be one is named", async () => {
  const file = join(cache, "file");
  await writeFile(file, "");
  const { url } = await start(sendFile(bytes, '"v1"'));
  await expect(resolveSource(`${url}/net.onnx`, { cache: file })).rejects.toMatchObject({
    code: "HUB_CACHE_UNWRITABLE",
  });
});

test("a cache folder on a disk that may only be read is named, with the reason", async (context) => {
  // Not even root makes a folder there.
  const readOnly = "/proc/sys/modelyard/cache";
  if (process.platform !== "linux")
    return context.skip("needs a file system that takes no folders: Linux's /proc");
  const { url } = await start(sendFile(bytes, '"v1"'));
  await expect(resolveSource(`${url}/net.onnx`, { cache: readOnly })).rejects.toMatchObject({
    code: "HUB_CACHE_UNWRITABLE",
    message: expect.stringContaining(readOnly),
  });
});

test("a path stays where it is, and its checksum is checked", async () => {
  const path = join(cache, "net.onnx");
  await writeFile(path, bytes);
  expect(await resolveSource(path, { cache, sha256 })).toMatchObject({ path, bytes: 300_000, sha256 });
  const asked = resolveSource(path, { cache, sha256: "0".repeat(64) });
  await expect(asked).rejects.toMatchObject({ code: "HUB_CHECKSUM" });
});
