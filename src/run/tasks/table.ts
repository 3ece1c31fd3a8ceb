import { head as audioClassification } from "./audio-classification/head.ts";
import { head as imageClassification } from "./image-classification/head.ts";
import { head as imageSegmentation } from "./image-segmentation/head.ts";
import { head as objectDetection } from "./object-detection/head.ts";
import type { TaskRow } from "./task.ts";
import { head as tensors } from "./tensors/head.ts";
import { head as textClassification } from "./text-classification/head.ts";
import { head as textDetection } from "./text-detection/head.ts";
import { head as textRecognition } from "./text-recognition/head.ts";
import { head as voiceActivityDetection } from "./voice-activity-detection/head.ts";

/**
 * Every task, in the order in which they are tried on a model that names none. The last fits every model. What tells whether
 * one fits is loaded with this table, what answers when a model is to run: looking at a model loads no pictures and sounds.
 */
export const TASKS: readonly TaskRow[] = [
  { ...objectDetection, load: async () => (await import("./object-detection/index.ts")).objectDetection },
  {
    ...imageSegmentation,
    load: async () => (await import("./image-segmentation/index.ts")).imageSegmentation,
  },
  {
    ...imageClassification,
    load: async () => (await import("./image-classification/index.ts")).imageClassification,
  },
  { ...textDetection, load: async () => (await import("./text-detection/index.ts")).textDetection },
  { ...textRecognition, load: async () => (await import("./text-recognition/index.ts")).textRecognition },
  {
    ...voiceActivityDetection,
    load: async () => (await import("./voice-activity-detection/index.ts")).voiceActivityDetection,
  },
  {
    ...audioClassification,
    load: async () => (await import("./audio-classification/index.ts")).audioClassification,
  },
  {
    ...textClassification,
    load: async () => (await import("./text-classification/index.ts")).textClassification,
  },
  { ...tensors, load: async () => (await import("./tensors/index.ts")).tensors },
];
