import type { ImageInput } from "../../../model/contract/contract.ts";
import type { DetectionsOutput } from "../../../model/contract/vision.ts";
import { drawOver } from "../../media/image/index.ts";
import { warnOfFound } from "../answer-warnings.ts";
import { calibrationOf } from "../calibration.ts";
import { countOption, inputOf, mainSession, numberOption, outputOf } from "../inputs.ts";
import { drawExample } from "../picture-example.ts";
import { feedPicture, PICTURE_TYPES, pictureToDrawOn } from "../picture-input.ts";
import { BOX_SCHEMA, type PictureBox, placer, sizeOf } from "../picture-place.ts";
import { warnOfPicture } from "../picture-warnings.ts";
import { shown32 } from "../scores.ts";
import type { Task } from "../task.ts";
import { candidatesOf } from "./candidates.ts";
import { head } from "./head.ts";
import { suppress } from "./suppress.ts";

const ID = head.id;
/** Things of an answer where nobody says how many: more than anybody reads. */
const DEFAULT_TOP = 100;

/** Something that was found; everything in pixels of the picture that was given. */
export interface Detection {
  readonly label: string;
  readonly score: number;
  readonly box: PictureBox;
  readonly keypoints?: readonly { readonly label: string; readonly x: number; readonly y: number }[];
}

/**
 * Finds things in a picture. Options, as Hugging Face names them: `threshold` (the least score), and `top` or `top_k` (how many
 * at most, 100).
 */
export const objectDetection: Task = {
  ...head,
  accepts: { kind: "image", mediaTypes: PICTURE_TYPES },
  options: ["threshold", "top", "top_k"],
  answer: {
    type: "array",
    description: "What was found, best first, in pixels of the picture that was given.",
    items: {
      type: "object",
      required: ["label", "score", "box"],
      properties: {
        label: { type: "string", description: "The class; its index where the model has no labels." },
        score: { type: "number" },
        box: BOX_SCHEMA,
        keypoints: {
          type: "array",
          description: "Points of the thing, where the model gives them.",
          items: {
            type: "object",
            required: ["label", "x", "y"],
            properties: { label: { type: "string" }, x: { type: "integer" }, y: { type: "integer" } },
          },
        },
      },
    },
  },
  async *run(context, given, signal) {
    const { contract, options } = context;
    const input = inputOf(contract, "image") as ImageInput;
    const { name, output } = outputOf(contract, "detections") as { name: string; output: DetectionsOutput };
    const threshold = numberOption(options, "threshold", output.threshold, -1_000, 1_000);
    const top = countOption(options, ["top", "top_k"], DEFAULT_TOP);
    const { tensor, picture } = await feedPicture(context, given, input);
    const outputs = await mainSession(context).run(
      { [input.tensor]: tensor },
      {
        outputs: Object.values(output.tensors) as string[],
        take: given.kind !== "tensors",
        ...(signal ? { signal } : {}),
      },
    );
    const size = picture ?? sizeOf(tensor, input);
    const lines = context.lists[`outputs.${name}.calibration.parameters`];
    const calibrate = calibrationOf(output.calibration, lines);
    const { width, height } = size;
    const found = candidatesOf(outputs, output, { task: ID, width, height, threshold, calibrate });
    const kept = (output.suppression ? suppress(found, output.suppression) : found).slice(0, top);
    const labels = context.labels[name] ?? null;
    const place = placer(tensor, input, picture);
    const value = kept.map(({ box, index, score }): Detection => {
      const { x: xmin, y: ymin } = place(box.left, box.top);
      const { x: xmax, y: ymax } = place(box.right, box.bottom);
      const points = box.points.map(({ x, y }, i) => ({
        label: output.keypoints?.[i] ?? String(i),
        ...place(x, y),
      }));
      return {
        label: labels?.[index] ?? String(index),
        score: shown32(score),
        box: { xmin, ymin, xmax, ymax },
        ...(points.length === 0 ? {} : { keypoints: points }),
      };
    });
    const warnings = picture ? warnOfPicture(picture, input) : [];
    if (warnings.length === 0) warnings.push(...warnOfFound(kept[0]?.score ?? null, threshold, labels));
    yield { type: "answer", value, warnings };
  },
  example: async (contract) => {
    const input = inputOf(contract, "image");
    return input ? drawExample(input) : null;
  },
  print: (answer) => {
    const found = answer as Detection[];
    if (found.length === 0) return "nothing was found";
    return found
      .map(({ label, score, box: { xmin, ymin, xmax, ymax } }) => {
        return `${score.toFixed(4)}  ${label}  from ${xmin}, ${ymin} to ${xmax}, ${ymax}`;
      })
      .join("\n");
  },
  async draw(answer, given) {
    const file = pictureToDrawOn(given);
    const boxes = (answer as Detection[]).map(({ label, score, box, keypoints }) => ({
      label,
      caption: `${label} ${score.toFixed(2)}`,
      left: box.xmin,
      top: box.ymin,
      right: box.xmax,
      bottom: box.ymax,
      ...(keypoints ? { points: keypoints } : {}),
    }));
    return drawOver(file, { boxes, masks: [] });
  },
};
