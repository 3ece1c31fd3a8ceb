// Lengths that the file leaves open and the graph does not, held to what ONNX Runtime tells of the same model.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { expect, test } from "vitest";
import { openSource } from "../../src/run/pipeline/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { attribute, between, FLOAT, info, node, tensorType } from "../model/hostile/proto.ts";

const typed = (name: string, ...shape: (number | string)[]) => info(name, tensorType(FLOAT, shape));
const joined = node("Concat", ["x", "x"], ["y"], [5, attribute("axis", { int: 1 })]);

test.each([
  ["a name that no input has", ["batch", "Concaty_dim_1"], ["batch", 8]],
  ["numbers, which stay", ["batch", 8], ["batch", 8]],
])("%s", async (_what, declared, told) => {
  const path = join(emptyFolder(), "model.onnx");
  writeFileSync(
    path,
    between([joined], { inputs: [typed("x", "batch", 4)], outputs: [typed("y", ...(declared as string[]))] }),
  );
  const opened = await openSource(path);
  await opened.close();
  expect(opened.signature.outputs).toEqual([{ name: "y", dtype: "float32", shape: told }]);
  const session = await InferenceSession.create(path, { logSeverityLevel: 4 });
  const [output] = session.outputMetadata;
  await session.release();
  expect(output?.isTensor && output.shape).toEqual(told);
});
