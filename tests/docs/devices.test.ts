// docs/devices.md: its table is that of the providers, and its commands run as they stand, on SwiftShader.
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROVIDERS } from "../../src/run/runtime/index.ts";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";
import { SWIFTSHADER, WANTED } from "../runtime/swiftshader.ts";

const PAGE = join(ROOT, "docs/devices.md");

test("docs/devices.md lists the devices (`npm run docs` writes it)", () => {
  const before = readFileSync(PAGE, "utf8");
  const rows = PROVIDERS.map(
    ({ id, title, systems, capabilities, needs }) =>
      `| \`${id}\` | ${title} | ${systems.join(", ")} | ${needs.map(({ what }) => what).join("; ")} | ${capabilities.cannot.join("; ")} |`,
  );
  const table = ["| device | | systems | needs | cannot |", "| --- | --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
  const after = before.replace(
    /<!-- devices -->[\s\S]*<!-- \/devices -->/,
    () => `<!-- devices -->\n${table}\n<!-- /devices -->`,
  );
  if (process.env.MODELYARD_WRITE_DOCS === "1") writeFileSync(PAGE, after);
  else expect(before).toBe(after);
});

test("the commands of docs/devices.md run as they stand", async (context) => {
  if (SWIFTSHADER === null) return context.skip(WANTED);
  const lines = [...readFileSync(PAGE, "utf8").matchAll(/^ {4}modelyard (.*)$/gm)];
  const commands = lines.map(([, line = ""]) => line.split(" "));
  expect(commands.length).toBeGreaterThan(2);
  const folder = emptyFolder();
  expect(existsSync(join(ROOT, "examples"))).toBe(true);
  symlinkSync(join(ROOT, "examples"), join(folder, "examples"));
  const env = { VK_ICD_FILENAMES: SWIFTSHADER, MODELYARD_CACHE: join(folder, "cache") };
  const said: string[] = [];
  for (const command of commands) {
    const { code, stdout, stderr } = await modelyard(command, env, folder);
    expect(code, `${command.join(" ")}\n${stderr}`).toBe(0);
    said.push(stdout, stderr);
  }
  // What the page says that they print.
  expect(said.join("\n")).toContain("webgpu 8 of 8 nodes");
  expect(said.join("\n")).toMatch(
    /webgpu answers as the processor does \(within .*\) and is (slower|faster): /,
  );
}, 900_000);
