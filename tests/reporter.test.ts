import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";

const ROOT = join(import.meta.dirname, "..");

const CASES = `
let asked = 0;
describe("a group", () => {
  test("sound", () => {});
  test("hangs on chance", () => {
    if (++asked === 1) throw new Error("the first time\\nand more of it");
  });
});
test("left out", (context) => context.skip("nothing here to test it with"));
`;

/** What the reporter prints of a run of its own over the cases, and how that run ends. */
function report(retry: number, cases = CASES, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "modelyard-reporter-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "cases.test.js"), cases);
  writeFileSync(join(folder, "vitest.config.mjs"), "export default {};");
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const options = ["--globals", `--retry=${retry}`, "--reporter", `${ROOT}/tests/reporter.ts`];
  // Nothing of the run that this test is part of.
  const clean = { PATH: process.env.PATH, NO_COLOR: "1", ...env };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, "run", "--root", folder, ...options],
    { encoding: "utf8", env: clean },
  );
  if (!stdout) throw new Error(stderr);
  return { status, stdout };
}

test("skips, and what passed only when repeated, are named at the end", () => {
  expect(report(1)).toMatchObject({
    status: 0,
    stdout: `
Skipped, with the reason:
  left out: nothing here to test it with

Passed only when repeated:
  cases.test.js: a group > hangs on chance: at first the first time

2 passed, 0 failed, 1 skipped, 1 passed only when repeated
`,
  });
});

test("without repetition it fails, and where nothing may be missing a skip does", () => {
  const once = report(0);
  expect(once.stdout).toMatch(/\n1 passed, 1 failed, 1 skipped\n$/);
  expect(once.status).toBe(1);
  const skips = report(1, CASES, { MODELYARD_NO_SKIPS: "1" });
  expect(skips.stdout).toMatch(/1 passed only when repeated\nA skip is a failure here/);
  expect(skips.status).toBe(1);
});

test("what fails each time fails, repeated or not", () => {
  const { status, stdout } = report(1, `test("broken", () => expect(1).toBe(2));`);
  expect(stdout).toBe("\n0 passed, 1 failed, 0 skipped\n");
  expect(status).toBe(1);
});

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["at a desk", {}, 0],
  ["at the gate", { MODELYARD_GATE: "1" }, 1],
  ["on a machine that says it is one for this", { CI: "true" }, 1],
])("tests are repeated at the gate alone: %s", async (_, env, retry) => {
  vi.stubEnv("CI", undefined);
  vi.stubEnv("MODELYARD_GATE", undefined);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.resetModules();
  const { default: config } = await import("../vitest.config.ts");
  const projects = (config.test?.projects ?? []) as { test: { name: string; retry: number } }[];
  expect(projects.map(({ test: { name, retry } }) => [name, retry])).toEqual([
    ["fast", retry],
    ["full", retry],
  ]);
});
