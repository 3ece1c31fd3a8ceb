// Python's onnx and onnxruntime, where a test's oracle is one of them.
import { spawnSync } from "node:child_process";
import type { TestContext } from "vitest";
import { PYPI_PYTHON } from "./onnx-cases.ts";

const VERSIONS = "1.23.2 1.30.0";

/** A Python with both: MODELYARD_ORACLE_PYTHON, or the one of tests/fixtures/onnx-pypi. Without one the test is skipped. */
export function oraclePython(context: Pick<TestContext, "skip">): string {
  const python = process.env.MODELYARD_ORACLE_PYTHON ?? PYPI_PYTHON ?? "python3";
  const ask = "import onnx, onnxruntime; print(onnx.__version__, onnxruntime.__version__)";
  const { stdout } = spawnSync(python, ["-c", ask], { encoding: "utf8" });
  if (stdout?.trim() !== VERSIONS)
    context.skip(
      `needs tests/fixtures/onnx-pypi/setup.sh, or onnx and onnxruntime ${VERSIONS} in MODELYARD_ORACLE_PYTHON`,
    );
  return python;
}

/** What a script prints. */
export function runPython(python: string, args: readonly string[], input = ""): string {
  const { stdout, stderr, status } = spawnSync(python, args, { encoding: "utf8", input, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${stderr}`);
  return stdout;
}
