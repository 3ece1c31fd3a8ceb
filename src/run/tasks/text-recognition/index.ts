import { fail } from "../../../base/errors/index.ts";
import type { ImageInput, SequenceOutput } from "../../../model/contract/contract.ts";
import type { Tensor } from "../../../model/tensor/index.ts";
import { invertPicture, type Picture, pictureTensor } from "../../media/image/index.ts";
import { flagOption, inputOf, mainSession, outputOf } from "../inputs.ts";
import { PICTURE_TYPES, readPictureInput } from "../picture-input.ts";
import { floatsOf, softmax } from "../scores.ts";
import type { Task, TaskContext, TaskInput } from "../task.ts";
import { charactersOf, decodeGreedily, type RecognisedText } from "./decode.ts";
import { drawWord } from "./example.ts";
import { head } from "./head.ts";

const ID = head.id;
/**
 * Narrowest tensor of a model whose width is free: PaddleOCR pads shorter lines to it, with what is zero after
 * normalising, and its models were trained so.
 */
const MIN_LINE_WIDTH = 320;

/** Reads one line of text. Option: `invert` (the picture's negative is read). */
export const textRecognition: Task = {
  ...head,
  accepts: { kind: "image", mediaTypes: PICTURE_TYPES },
  options: ["invert"],
  answer: {
    type: "object",
    required: ["text", "score"],
    properties: {
      text: { type: "string", description: "The line; empty where nothing was read." },
      score: { type: "number", minimum: 0, maximum: 1, description: "Mean probability of its characters." },
    },
  },
  async *run(context, given, signal) {
    const input = inputOf(context.contract, "image") as ImageInput;
    const { name, output } = outputOf(context.contract, "ctc") as { name: string; output: SequenceOutput };
    const { tensor, warnings, picture } = await readInput(context, given, input);
    const outputs = await mainSession(context).run(
      { [input.tensor]: tensor },
      { outputs: [output.tensor], take: given.kind !== "tensors", ...(signal ? { signal } : {}) },
    );
    const { values, shape, shown } = floatsOf(outputs, output.tensor, ID);
    const { text, score } = readText(values, shape, output, context.labels[name] ?? null);
    if (picture && warnings.length === 0) warnings.push(...warnOfText(text, score, picture));
    yield { type: "answer", value: { text, score: shown(score) }, warnings };
  },
  example: async (contract) => {
    const input = inputOf(contract, "image");
    return input ? drawWord(input) : null;
  },
  print: (answer) => {
    const { text, score } = answer as RecognisedText;
    return text === "" ? "(no text)" : `${text}\n(score ${score.toFixed(4)})`;
  },
};

async function readInput(
  context: TaskContext,
  given: TaskInput,
  input: ImageInput,
): Promise<{ tensor: Tensor; warnings: string[]; picture: Picture | null }> {
  const spec = mainSession(context).signature.inputs.find(({ name }) => name === input.tensor);
  if (!spec) {
    const problem = `the model has no input ${input.tensor}`;
    throw fail("MEDIA_PICTURE_TENSOR", { tensor: input.tensor, problem });
  }
  const invert = flagOption(context.options, "invert");
  const read = await readPictureInput(given, input, spec, Object.keys(context.contract.inputs));
  if ("tensor" in read) return { tensor: read.tensor, warnings: [], picture: null };
  const picture = invert ? invertPicture(read.picture) : read.picture;
  const width = input.resize === "width-free" ? Math.max(picture.width, MIN_LINE_WIDTH) : picture.width;
  const tensor = pictureTensor(picture, input, spec.dtype, width);
  return { tensor, warnings: warnOfLine(picture), picture };
}

/** PaddleOCR itself turns pieces that are so much higher than wide, which one line of text is not. */
const TALL = 1.5;

function warnOfLine({ source }: Picture): string[] {
  if (source.height < source.width * TALL) return [];
  return [
    `The picture is ${source.width}×${source.height}, higher than wide, but the model reads one line from left to right: turn it, or cut out one line.`,
  ];
}

/** PaddleOCR's own tools drop what was read with less (tools/infer/utility.py, drop_score). */
const LEAST_SCORE = 0.5;
/** So few characters in a picture that is so many times as high as the model reads are seldom a line of text. */
const FEW = 2;
const SHRUNK = 4;
/** Lines of text within a picture that is so much higher are read with less than this where they are read at all. */
const DOUBTFUL = 0.75;

/** What shows after reading that the picture was no line of text. */
function warnOfText(text: string, score: number, { source, height }: Picture): string[] {
  const advice = "cut out one line of text, upright and close around it";
  if (text === "") return [`Nothing was read. If something is written there, ${advice}.`];
  if (score < LEAST_SCORE) {
    return [
      `This was read with a mean probability of only ${score.toFixed(2)}, as where there is no text: ${advice}.`,
    ];
  }
  if (source.height <= SHRUNK * height) return [];
  if (score < DOUBTFUL && [...text].length > FEW) {
    return [
      `This was read with a mean probability of only ${score.toFixed(2)} in a picture of ${source.width}×${source.height} that may be no line of text: ${advice}.`,
    ];
  }
  if ([...text].length > FEW) return [];
  return [
    `So little was read in a picture of ${source.width}×${source.height} that it may be no line of text: ${advice}.`,
  ];
}

function readText(
  values: ArrayLike<number>,
  shape: readonly number[],
  output: SequenceOutput,
  dictionary: readonly string[] | null,
): RecognisedText {
  const classes = shape.at(-1) ?? 0;
  // [1, steps, classes] or, as older CRNNs have it, [steps, 1, classes].
  const single = shape.length === 2 || (shape.length === 3 && (shape[0] === 1 || shape[1] === 1));
  if (!single || classes < 2) {
    const found = `[${shape.join(", ")}]`;
    throw fail("TASK_OUTPUT", { tensor: output.tensor, task: ID, found, wanted: "[1, steps, classes]" });
  }
  const characters = charactersOf(dictionary, classes, output.blank, output.tensor);
  const steps = output.activation === "softmax" ? softmaxOfSteps(values, classes) : values;
  return decodeGreedily(steps, classes, output.blank, characters);
}

function softmaxOfSteps(values: ArrayLike<number>, classes: number): Float64Array {
  const steps = new Float64Array(values.length);
  const all = Float64Array.from(values);
  for (let at = 0; at < all.length; at += classes) steps.set(softmax(all.subarray(at, at + classes)), at);
  return steps;
}
