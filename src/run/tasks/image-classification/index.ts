import { fail } from "../../../base/errors/index.ts";
import type { ImageInput, ScoresOutput } from "../../../model/contract/contract.ts";
import { invertPicture, pictureTensor } from "../../media/image/index.ts";
import { warnOfScores } from "../answer-warnings.ts";
import { calibrationOf } from "../calibration.ts";
import { classesAnswer } from "../classes-answer.ts";
import { countOption, describeValue, flagOption, inputOf, mainSession, outputOf } from "../inputs.ts";
import { drawExample } from "../picture-example.ts";
import { PICTURE_TYPES, readPictureInput } from "../picture-input.ts";
import { warnOfPicture } from "../picture-warnings.ts";
import { rank } from "../rank.ts";
import { activate, floatsOf } from "../scores.ts";
import type { Task, TaskContext, TaskInput } from "../task.ts";
import { head } from "./head.ts";

/** Classes of an answer where nobody says how many. */
const DEFAULT_TOP = 5;
const ID = head.id;

/**
 * Says what a picture shows. Options: `top` (how many classes, 5), `invert` (the picture's negative is looked at), and,
 * as Hugging Face names them, `top_k` and `function_to_apply` (softmax, sigmoid, none).
 */
export const imageClassification: Task = {
  ...head,
  accepts: { kind: "image", mediaTypes: PICTURE_TYPES },
  options: ["top", "top_k", "invert", "function_to_apply"],
  answer: classesAnswer("Classes, best first."),
  async *run(context, given, signal) {
    const { contract, options } = context;
    const input = inputOf(contract, "image") as ImageInput;
    const { name, output } = outputOf(contract, "scores") as { name: string; output: ScoresOutput };
    const top = countOption(options, ["top", "top_k"], DEFAULT_TOP);
    const activation = activationOf(output, options);
    const session = mainSession(context);
    const calibrate = calibrationOf(
      output.calibration,
      context.lists[`outputs.${name}.calibration.parameters`],
    );
    const { tensor, warnings } = await readInput(context, given, input);
    const outputs = await session.run(
      { [input.tensor]: tensor },
      // The pixels were made for this run alone; a caller's own tensor was not.
      { outputs: [output.tensor], take: given.kind !== "tensors", ...(signal ? { signal } : {}) },
    );
    const { values, shape, shown } = floatsOf(outputs, output.tensor, ID);
    const scores = scoresOfOne(values, shape, output.tensor);
    const labels = context.labels[name] ?? null;
    if (labels && labels.length !== scores.length) {
      warnings.push(
        `The model gives ${scores.length} scores for ${labels.length} labels: classes are named by their index.`,
      );
    }
    const named = labels?.length === scores.length ? labels : null;
    const active = activate(scores, scores.length, activation, output.quantization);
    const final = calibrate ? Float64Array.from(active, (score, i) => calibrate(i, score)) : active;
    if (warnings.length === 0) warnings.push(...warnOfScores(final));
    const best = rank(final, named, top).filter(
      ({ score }) => !(score < (output.threshold ?? Number.NEGATIVE_INFINITY)),
    );
    const value = best.map(({ label, score }) => ({ label, score: shown(score) }));
    yield { type: "answer", value, warnings };
  },
  example: async (contract) => {
    const input = inputOf(contract, "image");
    return input ? drawExample(input) : null;
  },
  print: (answer) =>
    (answer as { label: string; score: number }[])
      .map(({ label, score }) => `${score.toFixed(4)}  ${label}`)
      .join("\n"),
};

async function readInput(context: TaskContext, given: TaskInput, input: ImageInput) {
  const spec = mainSession(context).signature.inputs.find(({ name }) => name === input.tensor);
  if (!spec) {
    const problem = `the model has no input ${input.tensor}`;
    throw fail("MEDIA_PICTURE_TENSOR", { tensor: input.tensor, problem });
  }
  const invert = flagOption(context.options, "invert");
  const read = await readPictureInput(given, input, spec, Object.keys(context.contract.inputs));
  if ("tensor" in read) return { tensor: read.tensor, warnings: [] };
  const picture = invert ? invertPicture(read.picture) : read.picture;
  return { tensor: pictureTensor(picture, input, spec.dtype), warnings: warnOfPicture(picture, input) };
}

/** The scores of one picture: the output has one dimension that is not 1. */
function scoresOfOne(values: ArrayLike<number>, shape: readonly number[], tensor: string): ArrayLike<number> {
  const lengths = shape.filter((length) => length !== 1);
  if (lengths.length <= 1 && values.length > 0) return values;
  const found = `[${shape.join(", ")}]`;
  throw fail("TASK_OUTPUT", { tensor, task: ID, found, wanted: "one row of scores" });
}

type Activation = ScoresOutput["activation"];

function activationOf(output: ScoresOutput, options: Readonly<Record<string, unknown>>): Activation {
  const given = options.function_to_apply ?? output.activation;
  if (given === "softmax" || given === "sigmoid" || given === "none") return given;
  throw fail("TASK_OPTION", {
    option: "function_to_apply",
    given: describeValue(given),
    wanted: "softmax, sigmoid or none",
  });
}
