// What a command loads of the program: nothing that it was not asked for, so that it starts at once.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { openStore } from "../../src/serve/store/index.ts";
import { emptyFolder, modelyard, ROOT, serve, untilReady } from "./modelyard.ts";

const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");

/** Files of dist/ without their ending, and packages by their name, in the order in which Node loaded them. */
async function loadedBy(args: readonly string[]): Promise<Loaded> {
  const folder = emptyFolder();
  copyFileSync(MNIST, join(folder, "in.onnx"));
  const { env, loaded } = watched(folder);
  const { code, stderr } = await modelyard(args, env, folder);
  expect(code, stderr).toBe(0);
  return loaded();
}

interface Loaded {
  readonly own: string[];
  readonly packages: string[];
}

/** The environment in which a program writes down what it loads, and what it has loaded so far. */
function watched(folder: string): { env: Record<string, string>; loaded(): Loaded } {
  const hooks = join(folder, "hooks.mjs");
  writeFileSync(
    hooks,
    `import { register } from "node:module";
import { appendFileSync } from "node:fs";
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(join(folder, "loaded"))}, url + "\\n");
  return next(url, context);
}
if (!process.env.MODELYARD_HOOKED) {
  process.env.MODELYARD_HOOKED = "1";
  register(import.meta.url);
}
`,
  );
  const loaded = () => {
    const urls = readFileSync(join(folder, "loaded"), "utf8").split("\n");
    const packages = urls.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
    return {
      own: urls.flatMap((url) => /^(?!.*\/node_modules\/).*\/dist\/(.*)\.js$/.exec(url)?.[1] ?? []),
      packages: [...new Set(packages)],
    };
  };
  return { env: { NODE_OPTIONS: `--import=${pathToFileURL(hooks)}` }, loaded };
}

const heavy = (names: readonly string[], rooms: RegExp) => names.filter((name) => rooms.test(name));

test("a plain conversion loads neither passes nor the runtime", async () => {
  const { own } = await loadedBy(["convert", "in.onnx", "out.onnx"]);
  expect(own).toContain("model/formats/onnx/write/write");
  // The names of methods are those that the command line offers.
  const rooms =
    /^(model\/passes\/(?!quantize\/static\/methods$)|model\/graph\/(infer|check|schema|print)\/|run\/(runtime|tasks|media|convert\/verify)\/)/;
  expect(heavy(own, rooms)).toEqual([]);
});

/** A module costs about half a millisecond; a barrel that is imported where one of its files would do brings a hundred. */
const MOST_MODULES = 150;

test("inspect loads what works out a meaning, and nothing that answers, checks, prints or fetches", async () => {
  const { own, packages } = await loadedBy(["inspect", "in.onnx", "--json"]);
  expect(own).toContain("model/contract/infer");
  const rooms =
    /^(model\/(passes|wire\/(zip|flatbuffers))|model\/graph\/(align|infer|check|schema|print)|model\/contract\/(file\/(parse|schema|write)|pbtxt|declared\/tflite)|model\/formats\/(tflite\/(?!index$)|onnx\/write)|run\/(runtime|media|convert)|run\/hub\/(npm|https)|run\/tasks\/[^/]+\/(?!head$)|serve)/;
  expect(heavy(own, rooms)).toEqual([]);
  expect(packages).toEqual(["commander"]);
  expect(own.length).toBeLessThan(MOST_MODULES);
});

test("the check sees what is asked for", async () => {
  const { own } = await loadedBy(["inspect", "in.onnx", "--check", "--json"]);
  expect(own).toContain("model/graph/check/check");
});

test("a server is ready without what only its pages and its metrics need, and has those for whoever asks", async () => {
  const folder = emptyFolder();
  const { env, loaded } = watched(folder);
  const { url } = await serve(join(ROOT, "examples/models/mnist"), ["--no-log"], env);
  await untilReady(url, "mnist");
  const { own, packages } = loaded();
  expect(packages).toContain("fastify");
  expect(heavy(packages, /^(@fastify\/.*|zod|prom-client|kysely)$/)).toEqual([]);
  expect(
    heavy(own, /^serve\/(server\/rest\/(docs|openapi)|server\/metrics\/registry|store\/worker)$/),
  ).toEqual([]);
  for (const path of ["/openapi.json", "/docs/", "/metrics"]) {
    const answer = await fetch(url + path);
    expect(answer.status, path).toBe(200);
    expect((await answer.text()).length, path).toBeGreaterThan(500);
  }
  expect(loaded().packages).toEqual(expect.arrayContaining(["zod", "@fastify/swagger-ui", "prom-client"]));
});

/** What the functions that answer at once need: errors, pipes, and cropping pictures. */
const MOST_OF_PACKAGE = 60;

test("a module that imports the package brings what it may call at once, and nothing that loads models", () => {
  const folder = emptyFolder();
  const { env, loaded } = watched(folder);
  const script = `
    const { cropRegions, open } = await import(${JSON.stringify(new URL("../../dist/index.js", import.meta.url))});
    console.log(typeof cropRegions);
    if (process.argv[1]) console.log((await open(process.argv[1])).task);
  `;
  const run = (...args: string[]) =>
    execFileSync(process.execPath, ["--input-type=module", "-e", script, ...args], {
      encoding: "utf8",
      env: { ...process.env, ...env },
    });
  expect(run()).toBe("function\n");
  const { own, packages } = loaded();
  expect(own).toContain("library");
  expect(heavy(own, /^(model\/(graph|formats|contract|passes)|run\/(runtime|convert|hub))\//)).toEqual([]);
  expect(packages).toEqual([]);
  expect(own.length).toBeLessThan(MOST_OF_PACKAGE);
  expect(run(MNIST)).toContain("image-classification");
  expect(loaded().own).toContain("model/formats/open");
});

test("a database that is up to date is opened without what writes its queries", async () => {
  const folder = emptyFolder();
  const data = join(folder, "data");
  await (await openStore({ folder: data })).close();
  const { env, loaded } = watched(folder);
  const code = `
    const { openDatabase } = await import(${JSON.stringify(new URL("../../dist/serve/store/sqlite/open.js", import.meta.url))});
    const { readKeys } = await import(${JSON.stringify(new URL("../../dist/serve/store/sqlite/keys.js", import.meta.url))});
    const { Tables } = await import(${JSON.stringify(new URL("../../dist/serve/store/sqlite/tables.js", import.meta.url))});
    const database = await openDatabase(${JSON.stringify(data)});
    const tables = new Tables(database, 10);
    tables.record({ name: "a", version: "1", digest: "d", source: "s", contract: "{}", firstSeen: 1 });
    console.log(JSON.stringify([readKeys(database.raw), await tables.models()]));
    await tables.close();
  `;
  const ask = code.replace("await tables.models()", "null");
  const run = (script: string) =>
    execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      env: { ...process.env, ...env },
    });
  expect(JSON.parse(run(ask))).toEqual([[], null]);
  expect(loaded().own).toContain("serve/store/sqlite/tables");
  expect(heavy(loaded().packages, /^kysely$/)).toEqual([]);
  // Whoever asks for what it writes has it.
  expect(JSON.parse(run(code))[1]).toMatchObject([{ name: "a" }]);
  expect(loaded().packages).toContain("kysely");
});
