import { audioClassification } from "./audio-classification/index.ts";
import { imageClassification } from "./image-classification/index.ts";
import { imageSegmentation } from "./image-segmentation/index.ts";
import { objectDetection } from "./object-detection/index.ts";
import type { Task } from "./task.ts";
import { tensors } from "./tensors/index.ts";
import { textClassification } from "./text-classification/index.ts";
import { textRecognition } from "./text-recognition/index.ts";
import { voiceActivityDetection } from "./voice-activity-detection/index.ts";

/** Every task, in the order in which they are tried on a model that names none. The last fits every model. */
export const TASKS: readonly Task[] = [
  objectDetection,
  imageSegmentation,
  imageClassification,
  textRecognition,
  voiceActivityDetection,
  audioClassification,
  textClassification,
  tensors,
];
