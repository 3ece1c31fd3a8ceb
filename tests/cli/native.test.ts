import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, ROOT } from "./modelyard.ts";

/** The native modules that a command had loaded when it ended, as Node's own diagnostic report lists them. */
function nativeModules(args: readonly string[]): string[] {
  const hook = join(emptyFolder(), "report.cjs");
  const out = join(emptyFolder(), "objects.json");
  writeFileSync(
    hook,
    `process.on("exit", () => require("node:fs").writeFileSync(${JSON.stringify(out)}, JSON.stringify(process.report.getReport().sharedObjects)));`,
  );
  execFileSync(process.execPath, ["--require", hook, join(ROOT, "bin/modelyard.js"), ...args], { cwd: ROOT });
  const objects: string[] = JSON.parse(execFileSync("cat", [out], { encoding: "utf8" }));
  return objects.filter((path) => path.endsWith(".node") || path.includes("node_modules"));
}

test("inspect loads no native module", () => {
  expect(nativeModules(["inspect", "examples/models/mnist", "--json"])).toEqual([]);
});

test("the check sees a native module where one is loaded", () => {
  expect(nativeModules(["run", "examples/models/mnist", "examples/models/mnist/seven.png"])).not.toEqual([]);
});
