// More models than upgrade-answers.test.ts has, and every operator set between.
import { join } from "node:path";
import { expect, test } from "vitest";
import { SEED } from "../../seed.ts";
import { FIXTURES } from "../files.ts";
import { oraclePython, runPython } from "../oracle.ts";
import { checkAll, storedCases, type UpgradeCase } from "./upgrade-cases.ts";

const SCRIPT = join(FIXTURES, "upgrade/answers.py");
const BETWEEN = Array.from({ length: 25 - 7 + 1 }, (_, i) => i + 7);

test("every operator set between the old one and the newest", async () => {
  expect(await checkAll(storedCases(), BETWEEN)).toBeGreaterThan(6_000);
});

test("models that are drawn anew", async (context) => {
  const python = oraclePython(context);
  const seed = String(SEED % 1_000_000);
  const stdout = runPython(python, [SCRIPT, "--seed", seed, "--each", "50"]);
  const cases = JSON.parse(stdout) as UpgradeCase[];
  expect(await checkAll(cases, [null, 13, 18])).toBeGreaterThan(cases.length);
});
