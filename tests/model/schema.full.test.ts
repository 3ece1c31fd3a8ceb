// Operator schemas against Python's own, where that is installed: PYTHON names one with onnx 1.23.2 and onnxruntime 1.30.0.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allSchemas } from "./schemas.ts";

const SCRIPT = join(import.meta.dirname, "../../scripts/operator-schemas.py");
const PYTHON = process.env.MODELYARD_ORACLE_PYTHON ?? "python3";

test("every schema is Python's, field by field", (context) => {
  const versions = spawnSync(
    PYTHON,
    ["-c", "import onnx, onnxruntime; print(onnx.__version__, onnxruntime.__version__)"],
    { encoding: "utf8" },
  );
  if (versions.stdout?.trim() !== "1.23.2 1.30.0")
    return context.skip(`needs onnx 1.23.2 and onnxruntime 1.30.0 in ${PYTHON} (MODELYARD_ORACLE_PYTHON)`);
  const { stdout, status } = spawnSync(PYTHON, [SCRIPT, "--print"], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  expect(status).toBe(0);
  const theirs = JSON.parse(stdout) as ReturnType<typeof allSchemas>;
  const ours = allSchemas();
  expect(ours).toHaveLength(theirs.length);
  theirs.forEach((schema, i) => {
    expect(ours[i], `${schema.domain} ${schema.name} ${schema.since}`).toEqual(schema);
  });
});
