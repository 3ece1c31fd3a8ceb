// What the checks say of files that are newer than the runtime.
import { expect, test } from "vitest";
import { checkModel } from "../../src/model/index.ts";
import { build } from "./passes/build.ts";

async function foundOf(irVersion: number) {
  const model = build(17, (b) => b.node("Relu", [b.input("x", "float32", [1])]));
  model.irVersion = irVersion;
  return (await checkModel(model)).filter(({ rule }) => rule === "ir-version");
}

// ONNX Runtime 1.30 says "Unsupported model IR version: 14, max supported IR version: 13"; onnx 1.23 writes 14 by itself.
test("a file that the runtime refuses for its version alone says which would do, and how it gets it", async () => {
  expect(await foundOf(13)).toEqual([]);
  const [found] = await foundOf(14);
  expect(found).toMatchObject({ severity: "warning", remedy: expect.stringContaining("--opset newest") });
});

test.each([0, -1, 15, 2 ** 40])("version %d, which there is not, is an error", async (version) => {
  expect(await foundOf(version)).toMatchObject([{ severity: "error" }]);
});
