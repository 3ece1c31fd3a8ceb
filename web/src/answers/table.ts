import type { ComponentType } from "preact";
import type { ModelDetail } from "../../../src/client/index.ts";
import { Classes } from "./classes.tsx";
import type { AnswerProps } from "./given-answer.ts";
import { Json } from "./json.tsx";
import { Line } from "./line.tsx";
import { Segments } from "./segments.tsx";
import { Speech } from "./speech.tsx";
import { Steps } from "./steps.tsx";
import { Things } from "./things.tsx";

/** A view for each task's answer: a new one is a file and a line. */
const VIEWS: Readonly<Record<string, ComponentType<AnswerProps>>> = {
  "audio-classification": Classes,
  "image-classification": Classes,
  "image-segmentation": Segments,
  "object-detection": Things,
  pipeline: Steps,
  "text-classification": Classes,
  "text-recognition": Line,
  "voice-activity-detection": Speech,
};

/** Every answer can be read as JSON. */
export function answerView(model: ModelDetail): ComponentType<AnswerProps> {
  return VIEWS[model.task?.id ?? ""] ?? Json;
}
