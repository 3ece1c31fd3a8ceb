// More models than upgrade-answers.test.ts has, and every operator set between.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FIXTURES } from "../files.ts";
import { checkAll, storedCases, type UpgradeCase } from "./upgrade-cases.ts";

const PYTHON = process.env.MODELYARD_ORACLE_PYTHON ?? "python3";
const SCRIPT = join(FIXTURES, "upgrade/answers.py");
const BETWEEN = Array.from({ length: 25 - 7 + 1 }, (_, i) => i + 7);

test("every operator set between the old one and the newest", async () => {
  expect(await checkAll(storedCases(), BETWEEN)).toBeGreaterThan(6_000);
});

test("models that are drawn anew", async (context) => {
  const versions = spawnSync(
    PYTHON,
    ["-c", "import onnx, onnxruntime; print(onnx.__version__, onnxruntime.__version__)"],
    { encoding: "utf8" },
  );
  if (versions.stdout?.trim() !== "1.23.2 1.30.0")
    return context.skip(`needs onnx 1.23.2 and onnxruntime 1.30.0 in ${PYTHON} (MODELYARD_ORACLE_PYTHON)`);
  const seed = String(Date.now() % 1_000_000);
  const { stdout, stderr, status } = spawnSync(PYTHON, [SCRIPT, "--seed", seed, "--each", "50"], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  expect(status, stderr).toBe(0);
  const cases = JSON.parse(stdout) as UpgradeCase[];
  expect(await checkAll(cases, [null, 13, 18])).toBeGreaterThan(cases.length);
});
