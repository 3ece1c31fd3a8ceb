import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { emptyFolder, modelyard, ROOT } from "./modelyard.ts";

const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");

function project(): string {
  const folder = emptyFolder();
  mkdirSync(join(folder, "models/digits"), { recursive: true });
  writeFileSync(join(folder, "models/digits/model.onnx"), readFileSync(MNIST));
  return folder;
}

test("deploy docker writes a folder that an image is built of, with the models in it, and nothing else gets in", async () => {
  const folder = project();
  const { code, stdout } = await modelyard(["deploy", "docker", "-o", "image", "--json"], {}, folder);
  expect(code).toBe(0);
  const out = join(folder, "image");
  expect(JSON.parse(stdout)).toEqual({ folder: out, files: ["Dockerfile", ".dockerignore", "models"] });
  expect(readdirSync(out).sort()).toEqual([".dockerignore", "Dockerfile", "models"]);
  expect(readFileSync(join(out, "models/digits/model.onnx")).equals(readFileSync(MNIST))).toBe(true);
  const lines = readFileSync(join(out, ".dockerignore"), "utf8").split("\n").slice(1);
  expect(lines).toEqual(["*", "!models", ""]);
  const text = readFileSync(join(out, "Dockerfile"), "utf8");
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(text).toContain(`modelyard@${version}`);
  expect(text.match(/^FROM /gm)).toHaveLength(2);
  expect(text).toMatch(/^# +docker run --init /m);
  // Beside its own models the folder itself is one: nothing is copied.
  expect((await modelyard(["deploy", "docker", "-o", "."], {}, folder)).code).toBe(0);
  expect(readFileSync(join(folder, "Dockerfile"), "utf8")).toContain('COPY ["models", "/models"]');
});

test("deploy compose mounts models with --mount, asks for a key, and writes to volumes alone", async () => {
  const folder = project();
  expect((await modelyard(["deploy", "compose", "-o", "image", "--mount"], {}, folder)).code).toBe(0);
  const out = join(folder, "image");
  const { services, volumes } = parse(readFileSync(join(out, "compose.yaml"), "utf8"));
  expect(services.modelyard.volumes).toEqual(["./models:/models:ro", "cache:/cache", "data:/data"]);
  expect(services.modelyard.read_only).toBe(true);
  // What is asked to end before Node has loaded the program ends: the first process of a container would not.
  expect(services.modelyard.init).toBe(true);
  expect(services.modelyard.cap_drop).toEqual(["ALL"]);
  expect(services.modelyard.environment.MODELYARD_API_KEY).toMatch(/^\$\{MODELYARD_API_KEY:\?/);
  expect(Object.keys(volumes)).toEqual(["data", "cache"]);
  expect(readFileSync(join(out, "Dockerfile"), "utf8")).not.toContain("COPY [");
  for (const name of ["Dockerfile", "compose.yaml", ".dockerignore"])
    expect(readFileSync(join(out, name), "utf8")).not.toMatch(/[\w-]+\.(io|org|com|dev)\b/);
});

test("what a person wrote is left alone, what deploy wrote is written again, and what is missing is named", async () => {
  const folder = project();
  const deploy = async (...args: string[]) => {
    const { code, stderr } = await modelyard(
      ["deploy", "docker", "-o", "image", "--json", ...args],
      {},
      folder,
    );
    return code === 0 ? "" : JSON.parse(stderr).error.code;
  };
  expect(await deploy("none")).toBe("FILE_NOT_FOUND");
  expect(await deploy("--package", "none.tgz")).toBe("FILE_NOT_FOUND");
  expect(await deploy()).toBe("");
  expect(await deploy()).toBe("");
  writeFileSync(join(folder, "image/Dockerfile"), "FROM scratch\n");
  expect(await deploy()).toBe("DEPLOY_EXISTS");
  expect(readFileSync(join(folder, "image/Dockerfile"), "utf8")).toBe("FROM scratch\n");
});

test("what was taken out of the models since is told, as it would be served, and stays until a person removes it", async () => {
  const folder = project();
  const deploy = async (...more: string[]) =>
    (await modelyard(["deploy", "docker", "-o", "image", ...more], {}, folder)).stdout;
  mkdirSync(join(folder, "models/old/1"), { recursive: true });
  for (const name of ["old/1/model.onnx", "digits/labels.txt"])
    writeFileSync(join(folder, "models", name), "x");
  expect(await deploy()).not.toContain("from before");
  rmSync(join(folder, "models/old"), { recursive: true });
  rmSync(join(folder, "models/digits/labels.txt"));
  const told = await deploy();
  for (const left of ["image/models/old", "image/models/digits/labels.txt"])
    expect(told).toContain(`${left} is there from before`);
  expect(JSON.parse(await deploy("--json")).left).toEqual(["models/digits/labels.txt", "models/old"]);
  expect(readdirSync(join(folder, "image/models/old"))).toEqual(["1"]);
});

test("compile without -o puts into the cache what serve looks for, and says what needs nothing", async () => {
  const cache = emptyFolder();
  const models = join(project(), "models");
  const { code, stdout } = await modelyard(["compile", models, "--cache", cache]);
  expect([code, stdout]).toEqual([0, "digits version 1: loads as fast from its file\n"]);
  const json = await modelyard(["compile", models, "--cache", cache, "--json"]);
  expect(JSON.parse(json.stdout).models).toEqual([
    { name: "digits", version: "1", compiled: false, refused: null },
  ]);
  // A pipeline's models lie in its folder, and nobody else names them.
  mkdirSync(join(models, "chain/parts"), { recursive: true });
  copyFileSync(join(ROOT, "examples/models/mnist/1/mnist-8.onnx"), join(models, "chain/parts/read.onnx"));
  const chain = (model: string) =>
    writeFileSync(join(models, "chain/pipeline.yaml"), `input: image\nsteps:\n  read: { model: ${model} }\n`);
  chain("parts");
  expect((await modelyard(["compile", models, "--cache", cache])).stdout).toBe(
    "chain version 1, step read: loads as fast from its file\ndigits version 1: loads as fast from its file\n",
  );
  chain("none");
  const missing = await modelyard(["compile", models, "--cache", cache, "--json"]);
  expect(JSON.parse(missing.stderr).error.code).toBe("PIPELINE_MODULE_MISSING");
  chain("parts");
  writeFileSync(join(models, "digits/model.onnx"), "this is no model");
  expect((await modelyard(["compile", models, "--cache", cache])).code).toBe(1);
});
