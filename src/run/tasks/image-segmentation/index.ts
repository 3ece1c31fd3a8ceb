import { fail } from "../../../base/errors/index.ts";
import type { ImageInput } from "../../../model/contract/contract.ts";
import type { MaskOutput } from "../../../model/contract/vision.ts";
import { drawOver, encodeMask, type Picture, type Plane } from "../../media/image/index.ts";
import { type Marked, warnOfMask } from "../answer-warnings.ts";
import { inputOf, mainSession, numberOption, outputOf } from "../inputs.ts";
import { drawExample } from "../picture-example.ts";
import { feedPicture, PICTURE_TYPES, pictureToDrawOn } from "../picture-input.ts";
import { warnOfPicture } from "../picture-warnings.ts";
import { activate, dequantize, floatsOf, shown32 } from "../scores.ts";
import type { Task } from "../task.ts";
import { EDGE, type Segment, segmentsOf, segmentsOfIndices } from "./classes.ts";
import { head } from "./head.ts";

const ID = head.id;
/** Most classes of an answer, the largest ones: each is a picture. */
const MAX_SEGMENTS = 64;

/** What belongs together in the picture that was given. */
export interface ImageSegment {
  readonly label: string;
  /** Mean over its pixels; null where the model says nothing of it. */
  readonly score: number | null;
  /** A PNG in base64, white where it is. */
  readonly mask: string;
}

/** Says of each pixel what it belongs to. Option: `threshold`, from which a pixel counts as foreground. */
export const imageSegmentation: Task = {
  ...head,
  accepts: { kind: "image", mediaTypes: PICTURE_TYPES },
  options: ["threshold"],
  answer: {
    type: "array",
    description: "What the picture is made of, the largest first.",
    items: {
      type: "object",
      required: ["label", "score", "mask"],
      properties: {
        label: { type: "string", description: "The class; its index where the model has no labels." },
        score: { type: ["number", "null"], description: "Mean over its pixels, where the model tells it." },
        mask: {
          type: "string",
          description: "A PNG in base64, of the size of the picture that was given: white where it is.",
        },
      },
    },
  },
  async *run(context, given, signal) {
    const { contract, options } = context;
    const input = inputOf(contract, "image") as ImageInput;
    const { name, output } = outputOf(contract, "mask") as { name: string; output: MaskOutput };
    const threshold = numberOption(options, "threshold", output.threshold, -1_000, 1_000);
    const { tensor, picture } = await feedPicture(context, given, input);
    const outputs = await mainSession(context).run(
      { [input.tensor]: tensor },
      { outputs: [output.tensor], take: given.kind !== "tensors", ...(signal ? { signal } : {}) },
    );
    const { values, shape } = floatsOf(outputs, output.tensor, ID);
    const planes = planesOf(values, shape, output);
    const labels = context.labels[name] ?? null;
    const labelOf = (index: number) => labels?.[index] ?? String(index);
    const value: ImageSegment[] = [];
    const warnings = picture ? warnOfPicture(picture, input) : [];
    if (output.pixels === "foreground") {
      const found = foregroundOf(planes, output, threshold);
      const score = found.sum / found.marked;
      if (found.marked > 0) {
        const mask = await maskOf(found.plane, picture);
        value.push({ label: labels?.at(-1) ?? "foreground", score: shown32(score), mask });
      }
      if (warnings.length === 0) warnings.push(...warnOfMask(found, threshold, labels?.slice(-1) ?? null));
    } else {
      for (const segment of (await findSegments(planes, output)).slice(0, MAX_SEGMENTS)) {
        const mask = await maskOf(segment.plane(), picture, EDGE);
        const score = segment.score === null ? null : shown32(segment.score);
        value.push({ label: labelOf(segment.index), score, mask });
      }
    }
    yield { type: "answer", value, warnings };
  },
  example: async (contract) => {
    const input = inputOf(contract, "image");
    return input ? drawExample(input) : null;
  },
  print: (answer) => {
    const found = answer as ImageSegment[];
    if (found.length === 0) return "nothing was found";
    return found
      .map(({ label, score, mask }) => {
        const bytes = Math.floor((3 * mask.length) / 4);
        return `${score === null ? "      " : score.toFixed(4)}  ${label}  (a mask of ${bytes} bytes)`;
      })
      .join("\n");
  },
  async draw(answer, given) {
    const file = pictureToDrawOn(given);
    const masks = (answer as ImageSegment[])
      .filter(({ label }) => !/^background$/i.test(label))
      .map(({ label, mask }) => ({ label, png: Buffer.from(mask, "base64") }));
    return drawOver(file, { boxes: [], masks });
  },
};

interface Planes {
  readonly values: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  readonly classes: number;
  /** Whether the classes of a pixel stand together. */
  readonly classesLast: boolean;
}

/** Rows, columns and classes of one picture's output. */
function planesOf(values: ArrayLike<number>, shape: readonly number[], output: MaskOutput): Planes {
  const { layout, pixels, tensor } = output;
  const at = (letter: string) => (layout.includes(letter) ? (shape[layout.indexOf(letter)] ?? 0) : 1);
  const [rows, columns, classes] = [at("H"), at("W"), at("C")];
  const wanted = `one picture as ${layout}`;
  const isOne = shape.length === layout.length && at("N") === 1 && rows * columns * classes > 0;
  const fits = pixels === "scores" ? classes > 1 : classes === 1;
  if (!isOne || !fits) {
    const found = `[${shape.join(", ")}]`;
    throw fail("TASK_OUTPUT", { tensor, task: ID, found, wanted: fits ? wanted : `${wanted} of ${pixels}` });
  }
  return { values, width: columns, height: rows, classes, classesLast: layout.endsWith("C") };
}

async function findSegments(planes: Planes, output: MaskOutput): Promise<Segment[]> {
  const { values, width, height, classes, classesLast } = planes;
  if (output.pixels === "index") return segmentsOfIndices(values, width, height);
  const real = output.quantization ? dequantize(values, output.quantization) : values;
  const [pixelStep, classStep] = classesLast ? [classes, 1] : [1, width * height];
  return segmentsOf({ values: real, width, height, classes, pixelStep, classStep }, output.activation);
}

/** Shares between which a pixel may be either. */
const UNSURE = { from: 0.1, to: 0.9 } as const;

/** How much each pixel is foreground, and the sum of the shares of those that are. */
function foregroundOf(
  { values, width, height }: Planes,
  { activation, quantization }: MaskOutput,
  threshold: number,
): Marked & { plane: Plane; sum: number } {
  const shares = activate(values, 1, activation === "softmax" ? "sigmoid" : activation, quantization);
  const data = new Uint8Array(width * height);
  let sum = 0;
  let marked = 0;
  let unsure = 0;
  for (let pixel = 0; pixel < data.length; pixel++) {
    const share = shares[pixel] as number;
    data[pixel] = Math.round(255 * Math.min(1, Math.max(0, share)));
    if (share > UNSURE.from && share < UNSURE.to) unsure++;
    if (!(share >= threshold)) continue;
    sum += share;
    marked++;
  }
  return { plane: { width, height, data }, sum, all: data.length, marked, unsure };
}

async function maskOf(plane: Plane, picture: Picture | null, edge?: number): Promise<string> {
  const { width, height } = plane;
  const scaled = picture && {
    left: Math.round((picture.placed.left * width) / picture.width),
    top: Math.round((picture.placed.top * height) / picture.height),
    width: Math.max(1, Math.round((picture.placed.width * width) / picture.width)),
    height: Math.max(1, Math.round((picture.placed.height * height) / picture.height)),
  };
  const placed = scaled ?? { left: 0, top: 0, width, height };
  const png = await encodeMask(plane, placed, picture?.source ?? { width, height }, edge);
  return Buffer.from(png).toString("base64");
}
