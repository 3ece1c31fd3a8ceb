import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, ROOT } from "./modelyard.ts";

test("in a fresh checkout two processes at once build once and both answer", async () => {
  const checkout = emptyFolder();
  for (const name of ["bin", "src", "package.json", "tsconfig.base.json", "tsconfig.build.json"]) {
    cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
  }
  mkdirSync(join(checkout, "node_modules"));
  for (const name of execFileSync("ls", [join(ROOT, "node_modules")], { encoding: "utf8" })
    .trim()
    .split("\n")) {
    symlinkSync(join(ROOT, "node_modules", name), join(checkout, "node_modules", name));
  }
  const version = () =>
    new Promise<string>((done) => {
      const child = spawn(process.execPath, ["bin/modelyard.js", "--version"], { cwd: checkout });
      let text = "";
      child.stdout.on("data", (chunk) => (text += String(chunk)));
      child.stderr.on("data", (chunk) => (text += String(chunk)));
      child.once("close", () => done(text));
    });
  const [a, b] = await Promise.all([version(), version()]);
  expect(a).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(b).toBe(a);
  // A source newer than dist/ is built again.
  const later = new Date(Date.now() + 5_000);
  utimesSync(join(checkout, "src/cli/main.ts"), later, later);
  expect(await version()).toBe(a);
});

test("the program is committed as one, so that npm ci leaves the checkout as it was", (context) => {
  const listed = spawnSync("git", ["ls-files", "-s", "bin/modelyard.js"], { cwd: ROOT, encoding: "utf8" });
  if (listed.status !== 0 || listed.stdout === "") return context.skip("this is no checkout of git");
  expect(listed.stdout).toMatch(/^100755 /);
});
