// --verify of real TFLite models, whole roads: LiteRT of npm's @litertjs/core beside what is written.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { convertModel } from "../../src/run/convert/index.ts";
import { findPackage } from "../../src/run/convert/source/find.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";
import { REAL_MODELS, realFile, realModel } from "../model/tflite/real.ts";

/** Models that LiteRT does not run to the end, or not through its JavaScript, and what it says. */
const REFUSED: ReadonlyMap<string, RegExp> = new Map([
  ["basic-pitch", /does not write outputs whose lengths it learns only while it runs/],
  ["face-attention", /unresolved custom op: Landmarks2TransformMatrix/],
  ["coco-ssd", /gives of output TFLite_Detection_PostProcess one number/],
]);

test.for(REAL_MODELS)("%s", async (name, context) => {
  if (!(await findPackage("@litertjs/core", [ROOT]))) context.skip("@litertjs/core is not installed: npm ci");
  const folder = emptyFolder();
  const path = join(folder, "model.tflite");
  writeFileSync(path, await realFile(context, realModel(name)));
  const opened = await openSource(path);
  const { verify } = await convertModel(opened, join(folder, "out.onnx"), { verify: true }).finally(
    opened.close,
  );
  const refused = REFUSED.get(name);
  expect(verify).toMatchObject(
    refused
      ? { verified: false, reason: expect.stringMatching(refused) }
      : { verified: true, by: expect.stringContaining("@litertjs/core") },
  );
});
