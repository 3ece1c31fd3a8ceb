import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT, serve, untilReady } from "../cli/modelyard.ts";

test("the README's program runs as it stands and compiles under strict TypeScript", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  expect(program).toContain("modelyard");
  const folder = emptyFolder();
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(ROOT, join(folder, "node_modules/modelyard"));
  symlinkSync(join(ROOT, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  cpSync(join(ROOT, "examples/models/mnist"), join(folder, "examples/models/mnist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "app", "private": true, "type": "module" }');
  writeFileSync(join(folder, "program.ts"), program);
  const options = [
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--lib",
    "es2022,esnext.disposable",
    "--strict",
    "--types",
    "node",
  ];
  execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...options, "program.ts"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const printed = execFileSync(process.execPath, ["program.js"], { cwd: folder, encoding: "utf8" });
  expect(printed).toContain("label: '7'");
  expect(printed).toMatch(/^12 \d+ true$/m);
});

test.each([
  ["README.md", /## Converting\n([\s\S]*?)\n## /],
  ["docs/compile.md", /([\s\S]*)/],
  ["docs/precision.md", /([\s\S]*)/],
  ["docs/measuring.md", /([\s\S]*)/],
])(
  "the commands of %s run as they stand",
  async (page, part) => {
    const text = readFileSync(join(ROOT, page), "utf8");
    const [, section = ""] = part.exec(text) ?? [];
    const server = "http://127.0.0.1:8080";
    const { url } = section.includes(server) ? await serve("examples/models", ["--no-log"]) : { url: server };
    if (url !== server) await untilReady(url, "mnist");
    const lines = [...section.replaceAll(server, url).matchAll(/^ {4}modelyard (.*)$/gm)];
    const commands = lines.map(([, line = ""]) => line.split(" "));
    expect(commands.length).toBeGreaterThan(0);
    const folder = emptyFolder();
    symlinkSync(join(ROOT, "examples"), join(folder, "examples"));
    cpSync(join(ROOT, "examples/models/mnist/1/mnist-8.onnx"), join(folder, "model.onnx"));
    mkdirSync(join(folder, "digits"));
    cpSync(join(ROOT, "examples/models/mnist/seven.png"), join(folder, "digits/seven.png"));
    for (const command of commands) {
      const { code, stderr } = await modelyard(command, {}, folder);
      // Beside other tests no three windows agree.
      expect(stderr, command.join(" ")).toMatch(/^(~ no three windows[^\n]*\n)?$/);
      expect(code, command.join(" ")).toBe(0);
    }
  },
  600_000,
);
