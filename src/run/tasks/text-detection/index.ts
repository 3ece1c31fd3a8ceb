import { fail } from "../../../base/errors/index.ts";
import type { ImageInput } from "../../../model/contract/contract.ts";
import type { TextMapOutput } from "../../../model/contract/vision.ts";
import { drawOver, type Picture } from "../../media/image/index.ts";
import { inputOf, mainSession, numberOption, outputOf } from "../inputs.ts";
import { drawExample } from "../picture-example.ts";
import { feedPicture, PICTURE_TYPES, pictureToDrawOn } from "../picture-input.ts";
import { BOX_SCHEMA, type PictureBox, placer } from "../picture-place.ts";
import { floatsOf } from "../scores.ts";
import type { Task } from "../task.ts";
import { head } from "./head.ts";
import { inReadingOrder } from "./order.ts";
import { regionsOf } from "./regions.ts";

const ID = head.id;

/** A piece of text; everything in pixels of the picture that was given. */
export interface TextPlace {
  readonly score: number;
  readonly box: PictureBox;
  /** Its corners, clockwise from the upper left. */
  readonly corners: readonly (readonly [x: number, y: number])[];
}

/** Finds pieces of text. Options: `threshold` and `unclip`, in place of the contract's `regionThreshold` and `unclip`. */
export const textDetection: Task = {
  ...head,
  accepts: { kind: "image", mediaTypes: PICTURE_TYPES },
  options: ["threshold", "unclip"],
  answer: {
    type: "array",
    description:
      "Pieces of text in the order in which they are read, in pixels of the picture that was given.",
    items: {
      type: "object",
      required: ["score", "box", "corners"],
      properties: {
        score: { type: "number", minimum: 0, maximum: 1, description: "How sure it is that this is text." },
        box: BOX_SCHEMA,
        corners: {
          type: "array",
          description: "Four corners, clockwise from the upper left of the text, which may be turned.",
          items: { type: "array", items: { type: "integer" } },
        },
      },
    },
  },
  async *run(context, given, signal) {
    const { contract, options } = context;
    const input = inputOf(contract, "image") as ImageInput;
    const { output } = outputOf(contract, "text-map") as { output: TextMapOutput };
    const regionThreshold = numberOption(options, "threshold", output.regionThreshold, 0, 1);
    const unclip = numberOption(options, "unclip", output.unclip, 0, 10);
    const { tensor, picture } = await feedPicture(context, given, input);
    const outputs = await mainSession(context).run(
      { [input.tensor]: tensor },
      { outputs: [output.tensor], take: given.kind !== "tensors", ...(signal ? { signal } : {}) },
    );
    const { values, shape, shown } = floatsOf(outputs, output.tensor, ID);
    const [width, height] = [shape.at(-1) ?? 0, shape.at(-2) ?? 0];
    if (shape.length < 2 || width * height !== values.length) {
      const found = `[${shape.join(", ")}]`;
      throw fail("TASK_OUTPUT", { tensor: output.tensor, task: ID, found, wanted: "[1, 1, height, width]" });
    }
    const place = placer(tensor, input, picture);
    const found = regionsOf(values, width, height, { ...output, regionThreshold, unclip });
    const places = found.map(({ corners, score }): TextPlace => {
      const placed = corners.map(([x, y]) => place(x / width, y / height));
      const [xs, ys] = [placed.map(({ x }) => x), placed.map(({ y }) => y)];
      const box = {
        xmin: Math.min(...xs),
        ymin: Math.min(...ys),
        xmax: Math.max(...xs),
        ymax: Math.max(...ys),
      };
      return { score: shown(score), box, corners: placed.map(({ x, y }) => [x, y] as const) };
    });
    yield { type: "answer", value: inReadingOrder(places), warnings: warn(places, picture) };
  },
  example: async (contract) => {
    const input = inputOf(contract, "image");
    return input ? drawExample(input) : null;
  },
  print: (answer) => {
    const places = answer as TextPlace[];
    if (places.length === 0) return "no text was found";
    return places
      .map(({ score, corners }) => `${score.toFixed(4)}  text between ${corners.map(String).join("  ")}`)
      .join("\n");
  },
  async draw(answer, given) {
    const file = pictureToDrawOn(given);
    const boxes = (answer as TextPlace[]).map(({ score, box, corners }) => ({
      label: "text",
      caption: score.toFixed(2),
      left: box.xmin,
      top: box.ymin,
      right: box.xmax,
      bottom: box.ymax,
      points: corners.map(([x, y]) => ({ x, y })),
    }));
    return drawOver(file, { boxes, masks: [] });
  },
};

function warn(places: readonly TextPlace[], picture: Picture | null): string[] {
  if (places.length > 0 || !picture) return [];
  return ["No text was found. If something is written there, try a smaller `threshold` or a larger picture."];
}
