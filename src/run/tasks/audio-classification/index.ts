import { fail } from "../../../base/errors/index.ts";
import type { AudioInput, ScoresOutput } from "../../../model/contract/contract.ts";
import { warnOfScores } from "../answer-warnings.ts";
import { calibrationOf } from "../calibration.ts";
import { classesAnswer } from "../classes-answer.ts";
import { countOption, inputOf, mainSession, outputOf } from "../inputs.ts";
import { type ClassScore, rank } from "../rank.ts";
import { activate, floatsOf, shown32 } from "../scores.ts";
import { speakExample } from "../sound-example.ts";
import { type GivenSound, readSoundInput, SOUND_TYPES, soundTensor } from "../sound-input.ts";
import { warnOfSound } from "../sound-warnings.ts";
import type { Task } from "../task.ts";
import { head } from "./head.ts";

const ID = head.id;
/** Classes of an answer where nobody says how many. */
const DEFAULT_TOP = 5;

/**
 * Says what is heard in a sound. A model that takes windows of one length hears them one after the other, the last filled up
 * with silence, as MediaPipe and the Task Library have it: each is a partial answer, and the answer is their mean. Options:
 * `top` or `top_k` (how many classes, 5).
 */
export const audioClassification: Task = {
  ...head,
  accepts: { kind: "audio", mediaTypes: SOUND_TYPES },
  options: ["top", "top_k"],
  answer: classesAnswer("Classes, best first; the mean over the sound."),
  async *run(context, given, signal) {
    const { contract, options, lists } = context;
    const input = inputOf(contract, "audio") as AudioInput;
    const { name, output } = outputOf(contract, "scores") as { name: string; output: ScoresOutput };
    const top = countOption(options, ["top", "top_k"], DEFAULT_TOP);
    const sound = await readSoundInput(given, input, Object.keys(contract.inputs), signal);
    const { samples, sampleRate } = sound;
    const size = input.frame ?? samples.length;
    const session = mainSession(context);
    const spec = session.signature.inputs.find((each) => each.name === input.tensor);
    const calibrate = calibrationOf(output.calibration, lists[`outputs.${name}.calibration.parameters`]);
    const labels = context.labels[name] ?? null;
    const windows = Math.max(1, Math.ceil(samples.length / size));
    let sums: Float64Array | null = null;
    for (let i = 0; i < windows; i++) {
      const window = new Float32Array(size);
      window.set(samples.subarray(i * size, (i + 1) * size));
      const outputs = await session.run(
        { [input.tensor]: soundTensor(window, spec) },
        { outputs: [output.tensor], take: true, ...(signal ? { signal } : {}) },
      );
      const { values, shape } = floatsOf(outputs, output.tensor, ID);
      const scores = meanScores(values, shape, output);
      const final = calibrate ? scores.map((score, index) => calibrate(index, score)) : scores;
      sums ??= new Float64Array(final.length);
      for (const [index, score] of final.entries()) sums[index] = (sums[index] as number) + score;
      if (windows > 1) {
        const [start, end] = [(i * size) / sampleRate, Math.min(samples.length, (i + 1) * size) / sampleRate];
        yield { type: "partial", value: { start, end, classes: bestOf(final, labels, top, output) } };
      }
    }
    const mean = (sums ?? new Float64Array(0)).map((sum) => sum / windows);
    const warnings = warnOf(sound, labels, mean.length);
    if (warnings.length === 0) warnings.push(...warnOfScores(mean));
    yield { type: "answer", value: bestOf(mean, labels, top, output), warnings };
  },
  example: async (contract) => {
    const input = inputOf(contract, "audio");
    return input ? speakExample(input.sampleRate) : null;
  },
  print: (answer) =>
    (answer as ClassScore[]).map(({ label, score }) => `${score.toFixed(4)}  ${label}`).join("\n"),
};

/** [classes], [1, classes], or [frames, classes] of one window, of which the mean is taken. */
function meanScores(values: ArrayLike<number>, shape: readonly number[], output: ScoresOutput): Float64Array {
  const classes = shape.at(-1) ?? 0;
  if (classes === 0 || values.length === 0) {
    const found = `[${shape.join(", ")}]`;
    throw fail("TASK_OUTPUT", { tensor: output.tensor, task: ID, found, wanted: "scores of classes" });
  }
  const active = activate(values, classes, output.activation, output.quantization);
  const mean = new Float64Array(classes);
  const frames = active.length / classes;
  for (let i = 0; i < active.length; i++)
    mean[i % classes] = (mean[i % classes] as number) + (active[i] as number);
  return mean.map((sum) => sum / frames);
}

function bestOf(
  scores: Float64Array,
  labels: readonly string[] | null,
  top: number,
  { threshold = Number.NEGATIVE_INFINITY }: ScoresOutput,
): ClassScore[] {
  const named = labels?.length === scores.length ? labels : null;
  return rank(scores, named, top)
    .filter(({ score }) => !(score < threshold))
    .map(({ label, score }) => ({ label, score: shown32(score) }));
}

function warnOf(given: GivenSound, labels: readonly string[] | null, classes: number): string[] {
  const warnings = warnOfSound(given.given, given.sampleRate);
  if (labels && labels.length !== classes) {
    warnings.push(
      `The model gives ${classes} scores for ${labels.length} labels: classes are named by their index.`,
    );
  }
  return warnings;
}
