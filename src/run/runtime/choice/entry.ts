// Where the process that compares starts: one model, one device beside the processor. It ends with it, so that a driver that ends
// the process takes nothing along.
import { isModelyardError, toPlainError } from "../../../base/errors/index.ts";
import { isUsed, type Placement } from "../placement.ts";
import { findGuess } from "../worker/guess.ts";
import type { Slot } from "../worker/messages.ts";
import { loadModel, type Model } from "../worker/model.ts";
import { type Guess, inputRows } from "../worker/probe-rows.ts";
import { openProfile } from "../worker/profile.ts";
import { type Agreement, agreement } from "./agree.ts";
import type { Comparison, Verdict } from "./choice.ts";
import type { Compared, CompareOrder } from "./messages.ts";

process.once("message", async (order: CompareOrder) => {
  let answer: Compared;
  try {
    answer = { comparison: await compare(order) };
  } catch (error) {
    answer = { error: toPlainError(error) };
  }
  process.send?.(answer, () => process.disconnect());
});

/** Made-up inputs whose answers are compared. */
const ROWS = [0, 1, 2];
/** A device so much slower is not asked again. */
const HOPELESS = 10;
/** Each is timed so long, or for so many runs. */
const TIMED_MS = 500;
const TIMED_RUNS = 50;
/** So many at least, unless one alone takes longer than all should. */
const LEAST_RUNS = 3;

interface Truth {
  readonly guess: Guess;
  readonly answers: readonly Slot[][];
  readonly milliseconds: number;
}

async function compare(order: CompareOrder): Promise<Comparison> {
  const { device } = order;
  const truth = await asComputed(order);
  const say = (verdict: Verdict, reason: string, more: Partial<Comparison> = {}): Comparison => ({
    ...{ device, verdict, reason, milliseconds: null, error: null, placement: null },
    ...more,
  });
  if (typeof truth === "string") return say("unknown", `was not tried: ${truth}`);
  const profile = await openProfile(order.runtime);
  let model: Model | undefined;
  try {
    model = await loadModel(order.path, profile.options);
    const placement = await profile.read(model);
    if (!isUsed(device, placement)) return say("unused", "would compute nothing of it", { placement });
    return await held(model, truth, placement, say);
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    return say("fails", `fails: ${error.message}`);
  } finally {
    await model?.release();
    await profile.close();
  }
}

async function held(
  model: Model,
  truth: Truth,
  placement: Placement | null,
  say: (verdict: Verdict, reason: string, more: Partial<Comparison>) => Comparison,
): Promise<Comparison> {
  const { signature } = model;
  const outputs = signature.outputs.map(({ name }) => name);
  let worst: Agreement = { error: 0, problem: null };
  let milliseconds = { cpu: truth.milliseconds, device: 0 };
  for (const [i, row] of ROWS.entries()) {
    const slots = inputRows(signature, truth.guess, [row]);
    // The first run of a shape has what it runs compiled by the driver.
    if (i === 0) await model.run(outputs, slots);
    const started = performance.now();
    const answer = await model.run(outputs, slots);
    const took = performance.now() - started;
    const own = agreement(signature.outputs, truth.answers[i] as Slot[], answer);
    worst = { error: Math.max(worst.error, own.error), problem: worst.problem ?? own.problem };
    milliseconds = { cpu: truth.milliseconds, device: took };
    if (worst.problem !== null) break;
    if (took > TIMED_MS && took > HOPELESS * truth.milliseconds) break;
  }
  const facts = { milliseconds, error: worst.error, placement };
  if (worst.problem !== null) return say("differs", `answers otherwise: ${worst.problem}`, facts);
  if (milliseconds.device <= HOPELESS * truth.milliseconds) {
    const slots = inputRows(signature, truth.guess, [0]);
    milliseconds = { cpu: truth.milliseconds, device: await time(() => model.run(outputs, slots)) };
  }
  const isFaster = milliseconds.device < milliseconds.cpu;
  const how = isFaster ? "is faster" : "is slower";
  const times = `${textOf(milliseconds.device)} ms a run against ${textOf(milliseconds.cpu)} on the processor`;
  return say(
    isFaster ? "faster" : "slower",
    `answers as the processor does (within ${worst.error.toExponential(0)}) and ${how}: ${times}`,
    { ...facts, milliseconds },
  );
}

const textOf = (milliseconds: number) => milliseconds.toPrecision(3).replace(/\.?0+$/, "");

/** What the processor answers, and how fast; or why that is not known. The model is given back before the device gets it. */
async function asComputed({ path, cpu }: CompareOrder): Promise<Truth | string> {
  const model = await loadModel(path, cpu);
  try {
    const { signature } = model;
    const outputs = signature.outputs.map(({ name }) => name);
    if (outputs.length === 0) return "it has no output that can be read";
    const guess = await findGuess(signature, (slots) => model.run(outputs, slots));
    if (typeof guess === "string") return guess.replace("probe's ", "");
    const answers: Slot[][] = [];
    for (const row of ROWS) answers.push(await model.run(outputs, inputRows(signature, guess, [row])));
    const slots = inputRows(signature, guess, [0]);
    const again = await model.run(outputs, slots);
    if (agreement(signature.outputs, answers[0] as Slot[], again).problem !== null)
      return "it answers the same input differently each time";
    return { guess, answers, milliseconds: await time(() => model.run(outputs, slots)) };
  } finally {
    await model.release();
  }
}

/** The median, in milliseconds. */
async function time(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  const until = performance.now() + TIMED_MS;
  while (times.length < TIMED_RUNS) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
    const isLong = performance.now() > until;
    if (isLong && (times.length >= LEAST_RUNS || (times[0] as number) > TIMED_MS)) break;
  }
  return times.sort((a, b) => a - b)[times.length >> 1] as number;
}
