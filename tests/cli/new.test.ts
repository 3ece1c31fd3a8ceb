import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT, serve, untilReady } from "./modelyard.ts";

test("a new project runs, is served, passes its own test and compiles, as it stands", async () => {
  const folder = emptyFolder();
  const made = await modelyard(["new", "my-digits", "--json"], {}, folder);
  expect(made.code).toBe(0);
  const { files } = JSON.parse(made.stdout) as { files: string[] };
  expect(files).toEqual(
    expect.arrayContaining(["my-digits/Dockerfile", "my-digits/models/my-digits/module.ts"]),
  );
  const project = join(folder, "my-digits");
  // One that deploy writes, of the same models, is the same.
  const deployed = await modelyard(["deploy", "docker", "-o", "image"], {}, project);
  expect(deployed.code).toBe(0);
  for (const name of ["Dockerfile", ".dockerignore"]) {
    const text = readFileSync(join(project, name), "utf8");
    expect(text, name).toBe(readFileSync(join(project, "image", name), "utf8"));
    expect(text, name).not.toContain("--insecure");
  }
  for (const file of files)
    if (!/\.(onnx|png)$/.test(file)) expect(readFileSync(join(folder, file), "utf8")).not.toContain("{{");
  const seven = join(project, "models/my-digits/seven.png");
  const run = await modelyard(["run", "models/my-digits", seven, "--json"], {}, project);
  expect(JSON.parse(run.stdout)).toMatchObject({ digit: 7, sure: true });

  // As npm install leaves it.
  mkdirSync(join(project, "node_modules"));
  symlinkSync(ROOT, join(project, "node_modules/modelyard"));
  execFileSync(process.execPath, ["--test"], { cwd: project, stdio: "pipe" });
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"];
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const compile = (file: string) =>
    spawnSync(process.execPath, [tsc, ...options, "--allowImportingTsExtensions", file], {
      cwd: project,
      encoding: "utf8",
    }).stdout;
  const module = "models/my-digits/module.ts";
  expect(compile(module)).toBe("");
  // The module is held to the contract.
  const text = readFileSync(join(project, module), "utf8");
  writeFileSync(join(project, "models/my-digits/wrong.ts"), text.replace("Number(best.label)", "best.label"));
  expect(compile("models/my-digits/wrong.ts")).toContain("error TS2322");

  const { url } = await serve(join(project, "models"), ["--no-log"]);
  await untilReady(url, "my-digits");
  const answer = await fetch(`${url}/models/my-digits`, { method: "POST", body: readFileSync(seven) });
  expect(await answer.json()).toMatchObject({ digit: 7 });
  const types = await modelyard(["types", `${url}/models/my-digits`]);
  expect(types.stdout).toContain('export type MyDigitsAnswer = { readonly "digit": number;');
  expect(types.stdout).toContain("export function myDigitsClient(url: string");
});

test.each([
  ["Digits", "NEW_NAME"],
  ["../out", "NEW_NAME"],
  ["taken", "NEW_EXISTS"],
])("%s is refused", async (name, code) => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "taken/inside"), { recursive: true });
  const { code: exit, stderr } = await modelyard(["new", name, "--json"], {}, folder);
  expect(exit).toBe(1);
  expect(JSON.parse(stderr).error.code).toBe(code);
});

test("types of a pipeline, from its folder and from a server, are the same, with a client", async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "shout"));
  writeFileSync(
    join(folder, "shout/pipeline.yaml"),
    "input: text\nsteps:\n  up: { code: up.ts, gives: { type: object, required: [text], properties: { text: { type: string } } } }\n",
  );
  writeFileSync(
    join(folder, "shout/up.ts"),
    "export const run = (text: string) => ({ text: text.toUpperCase() });",
  );
  const local = await modelyard(["types", join(folder, "shout")]);
  expect(local.stdout).toContain('export type ShoutAnswer = { readonly "text": string };');
  expect(local.stdout).toContain("export type ShoutGiven = string;");
  const { url } = await serve(folder, ["--no-log"]);
  await untilReady(url, "shout");
  expect((await modelyard(["types", `${url}/models/shout`])).stdout).toBe(local.stdout);
  writeFileSync(join(folder, "hello.txt"), "hello");
  const run = await modelyard(["run", "shout", "hello.txt", "--json"], {}, folder);
  expect(JSON.parse(run.stdout)).toEqual({ text: "HELLO" });
});
