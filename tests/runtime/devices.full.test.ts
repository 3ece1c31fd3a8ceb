// WebGPU gives the processor's answers for the real models of the tests, on SwiftShader; those for which it does not are listed in
// docs/devices.md, and auto keeps to the processor for them. Each is asked as auto asks it, in a process of its own, on inputs of one row.
// All that there are, PyPI's among them, bench/devices/sweep.js asks; its page is held to what is seen here.
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { openSource } from "../../src/run/pipeline/open.ts";
import { chooseDevice } from "../../src/run/runtime/index.ts";
import { ROOT } from "../cli/modelyard.ts";
import { filesOf, PACKAGES } from "../convert/real-models.ts";
import { packageFile } from "../models.ts";
import { SHARED } from "../serve/catalogue.ts";
import { SWIFTSHADER, WANTED } from "./swiftshader.ts";

const PAGE = join(ROOT, "docs/devices.md");
const SWEPT = join(ROOT, "docs/bench/devices.md");
/** Larger models, of the operators that the others have too: each takes a software driver a minute and more. The sweep has asked them. */
const LEFT_OUT = /coco_ssd|deeplabv3|yamnet|PP-OCRv4|japan_PP|(en|de)coder_model/;
const EIGHT_BITS: ReadonlySet<string | null> = new Set(["int8", "uint8"]);
/** Of TensorFlow Lite, besides those beside the design. */
const TFLITE = [
  "npm:@mediapipe/face_detection@0.4.1657300184/face_detection_short_range.tflite",
  "npm:@mediapipe/hands@0.4.1675469240/hand_landmark_lite.tflite",
  "npm:@mediapipe/selfie_segmentation@0.1.1675465747/selfie_segmentation.tflite",
];

test("real models answer on WebGPU as on the processor, but for those that the page lists", async (context) => {
  if (SWIFTSHADER === null) return context.skip(WANTED);
  // Children inherit it; this process asks no driver itself.
  process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  const files = [...beside()];
  for (const source of PACKAGES) files.push(...(await filesOf(context, source)));
  for (const source of TFLITE) files.push(await packageFile(context, source));
  const models = files.filter((path) => !LEFT_OUT.test(basename(path)));
  const differing = new Map<string, string>();
  const wrong: string[] = [];
  const inEightBits = new Set(namesIn("whole", /`([^`]+)`/g));
  const swept = readFileSync(SWEPT, "utf8");
  for (const path of models) {
    const opened = await openSource(path);
    try {
      const { path: runnable, size } = await opened.runnable();
      const choice = await chooseDevice("auto", {
        path: runnable,
        size,
        source: async () => path,
        folder: null,
      });
      const [seen] = choice.tried;
      if (!seen) throw new Error(`${path}: nothing was tried`);
      const { verdict, error, placement, reason } = seen;
      if (choice.device !== (verdict === "faster" ? "webgpu" : "cpu"))
        wrong.push(`${path} runs on ${choice.device}`);
      const name = nameOf(path);
      // Whether these are alike hangs on the processor's own kernels for whole numbers, which is another one elsewhere.
      if (inEightBits.has(name)) continue;
      if (verdict === "differs" && opened.signature.outputs.some(({ dtype }) => EIGHT_BITS.has(dtype)))
        continue;
      const agrees = verdict === "faster" || verdict === "slower";
      const row = swept
        .split("\n")
        .find((line) => line.startsWith("| `") && line.includes(`${basename(path)}\``));
      if (
        !name.startsWith("1/") &&
        !name.includes("model.") &&
        row?.includes("| as the processor |") !== agrees
      )
        wrong.push(`${path}: ${verdict}, where the sweep's page has ${row}`);
      if (verdict !== "faster" && verdict !== "slower") differing.set(name, `${verdict}: ${reason}`);
      else if (error === null || error > 1e-3 || placement === null)
        wrong.push(`${path}: ${JSON.stringify(seen)}`);
    } finally {
      await opened.close();
    }
  }
  expect(models.length).toBeGreaterThan(40);
  expect(wrong).toEqual([]);
  const listed = namesIn("differing", /^\| `([^`]+)` \|/gm).sort();
  expect([...differing.keys()].sort(), [...differing].join("\n")).toEqual(listed);
}, 3_600_000);

/** Models beside the design: few operators each, trees, Triton's examples, and some real ones. */
function beside(): string[] {
  const root = join(SHARED, "models");
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(onnx|tflite)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** A file's name, with the folder's where all are called "model". */
function nameOf(path: string): string {
  const name = basename(path);
  return name.startsWith("model.") ? `${basename(dirname(path))}/${name}` : name;
}

/** Names that the page has between two marks. */
function namesIn(mark: string, name: RegExp): string[] {
  const part = new RegExp(`<!-- ${mark} -->([\\s\\S]*)<!-- /${mark} -->`);
  const [, text = ""] = part.exec(readFileSync(PAGE, "utf8")) ?? [];
  return [...text.matchAll(name)].map(([, found = ""]) => found);
}
