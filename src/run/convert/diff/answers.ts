import type { Contract } from "../../../model/contract/contract.ts";
import { type Alignment, type Model, signatureOf } from "../../../model/graph/index.ts";
import { fromBfloat16, fromHalf } from "../../../model/tensor/index.ts";
import type { Tensor } from "../../../model/tensor/tensor.ts";
import { askAgain, askOriginal, differingFromItself } from "../verify/ask.ts";
import { DEFAULT_TOLERANCE } from "../verify/compare.ts";
import { type Answers, compareLook } from "../verify/compare-look.ts";
import type { AskOptions, Draw } from "../verify/draws.ts";
import { type Compared, compared, type Look, looksAtOutputs } from "../verify/looks.ts";
import { loweredNotes, tooLarge, type VerifiedModel } from "../verify/side.ts";
import type { AnswerDiff, AnswersDiff } from "./report.ts";

/** Runs both models on the same inputs and says how far their answers are apart. */
export async function answersDiff(
  a: VerifiedModel,
  b: VerifiedModel,
  alignment: Alignment,
  names: Compared["names"],
  options: AskOptions,
): Promise<AnswersDiff> {
  const { signal, contract } = options;
  const notes = loweredNotes([
    [names.original, a.model],
    [names.result, b.model],
  ]);
  const none = { draws: 0, given: options.feeds !== undefined, outputs: [], notes };
  const misfit = inputsMisfit(a.model, b.model, names);
  if (misfit !== null) return { ...none, reason: misfit };
  const large = tooLarge(a) ?? tooLarge(b);
  if (large !== null) return { ...none, reason: large };
  const of = await compared(a, b, alignment, names, signal);
  const { looks, left } = looksAtOutputs(of);
  const asked = await askOriginal(of, looks, options);
  if ("reason" in asked) return { ...none, reason: asked.reason };
  const { draws, readable } = asked;
  const seen = looks.filter((look) => readable.has(look.original.name));
  const manner = { optimize: true, ...(signal ? { signal } : {}) };
  const answers = await askAgain(of, "result", seen, draws, manner);
  if ("problem" in answers) return { ...none, reason: answers.problem };
  const random = await differingFromItself(of, seen, draws, answers.outputs, DEFAULT_TOLERANCE, manner);
  const outputs = seen.map((look) =>
    random.has(look.output)
      ? leftOut(look.output, "the same model answers otherwise each time")
      : answerDiff(look, draws, answers.outputs, isScores(contract, look.output)),
  );
  const told = new Set(outputs.map(({ name }) => name));
  for (const look of looks)
    if (!told.has(look.output)) left.set(look.output, "it is no tensor that can be read");
  for (const [name, why] of left) if (!told.has(name)) outputs.push(leftOut(name, why));
  return { ...none, reason: null, draws: draws.length, outputs };
}

/** Why the two cannot be given the same inputs; null where they can. */
function inputsMisfit(a: Model, b: Model, names: Compared["names"]): string | null {
  const other = new Map(signatureOf(b).inputs.map((spec) => [spec.name, spec]));
  for (const { name, dtype, shape } of signatureOf(a).inputs) {
    const twin = other.get(name);
    if (!twin) return `${names.result} has no input ${name}`;
    other.delete(name);
    if (twin.dtype !== dtype)
      return `input ${name} is ${dtype} in ${names.original} and ${twin.dtype} in ${names.result}`;
    const clash = shape?.findIndex((dim, i) => {
      const length = twin.shape?.[i];
      return typeof dim === "number" && typeof length === "number" && dim !== length;
    });
    if ((clash ?? -1) >= 0 || (shape && twin.shape && shape.length !== twin.shape.length)) {
      return `input ${name} has another shape in ${names.result}`;
    }
  }
  const [more] = other.keys();
  return more === undefined ? null : `${names.original} has no input ${more}`;
}

function leftOut(name: string, left: string): AnswerDiff {
  return { name, identical: false, largest: 0, mean: 0, misfit: null, top: null, left };
}

function isScores({ outputs }: Contract, tensor: string): boolean {
  return Object.values(outputs).some((output) => output.kind === "scores" && output.tensor === tensor);
}

function answerDiff(
  look: Look,
  draws: readonly Draw[],
  answers: readonly Answers[],
  scores: boolean,
): AnswerDiff {
  let identical = true;
  let [largest, sum, count, rows, agree] = [0, 0, 0, 0, 0];
  let misfit: string | null = null;
  for (const [i, draw] of draws.entries()) {
    const comparison = compareLook(look, draw, answers[i], DEFAULT_TOLERANCE);
    identical &&= comparison.identical;
    misfit ??= comparison.misfit;
    if (comparison.misfit !== null) continue;
    largest = Math.max(largest, comparison.largest);
    sum += comparison.mean * comparison.count;
    count += comparison.count;
    const [a, b] = [draw.outputs.get(look.original.name), answers[i]?.get(look.result.name)];
    if (!scores || !a || !b) continue;
    const [bestA, bestB] = [bestOfRows(a), bestOfRows(b)];
    rows += bestA.length;
    agree += bestA.filter((best, row) => best === bestB[row]).length;
  }
  return {
    name: look.output,
    identical,
    largest,
    mean: count === 0 ? 0 : sum / count,
    misfit,
    top: rows === 0 ? null : { rows, agree },
    left: null,
  };
}

/** The index of the largest value of each row, over the last dimension. */
function bestOfRows({ dtype, shape, data }: Tensor): number[] {
  const width = shape.at(-1) ?? 1;
  const read = dtype === "float16" ? fromHalf : dtype === "bfloat16" ? fromBfloat16 : Number;
  const best: number[] = [];
  for (let row = 0; width > 0 && row < data.length / width; row++) {
    let at = 0;
    for (let i = 1; i < width; i++) {
      if (read(data[row * width + i] as number) > read(data[row * width + at] as number)) at = i;
    }
    best.push(at);
  }
  return best;
}
