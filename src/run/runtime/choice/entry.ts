// Where the process that compares starts: one model, one device beside the processor. It ends with it, so that a driver that ends
// the process takes nothing along.
import { isModelyardError, toPlainError } from "../../../base/errors/index.ts";
import { isUsed } from "../placement.ts";
import { findMade, type MadeGuess, madeUp } from "../worker/made-up.ts";
import type { KnownInput, Slot } from "../worker/messages.ts";
import { loadModel, type Model } from "../worker/model.ts";
import { openProfile, type Profile } from "../worker/profile.ts";
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
const DRAWS = 3;
/** A device so much slower is not asked again. */
const HOPELESS = 10;
/** Drivers of real devices compile a net's kernels within seconds; what takes longer than this for a first run computes in software. */
const FIRST_MS = 10_000;
/** Each is timed so long, or for so many runs. */
const TIMED_MS = 500;
const TIMED_RUNS = 50;
/** So many at least, unless one alone takes longer than all should. */
const LEAST_RUNS = 3;

interface Truth {
  readonly guess: MadeGuess;
  readonly known: readonly KnownInput[];
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
    return await hold(model, profile, truth, device, say);
  } catch (error) {
    if (!isModelyardError(error)) return say("fails", `fails: ${messageOf(error)}`);
    return say("fails", `fails: ${error.message}`);
  } finally {
    await model?.release();
    await profile.close();
  }
}

const messageOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] as string;

type Say = (verdict: Verdict, reason: string, more?: Partial<Comparison>) => Comparison;

/** Holds a device's answers and its speed to the processor's. */
async function hold(
  model: Model,
  profile: Profile,
  truth: Truth,
  device: string,
  say: Say,
): Promise<Comparison> {
  const { signature } = model;
  const outputs = signature.outputs.map(({ name }) => name);
  let worst: Agreement = { error: 0, problem: null };
  let took = 0;
  const answer = async (i: number) => {
    const slots = madeUp(signature, truth.guess, i, truth.known);
    const started = performance.now();
    const own = await model.run(outputs, slots);
    took = performance.now() - started;
    const { error, problem } = agreement(signature.outputs, truth.answers[i] as Slot[], own);
    worst = { error: Math.max(worst.error, error), problem: worst.problem ?? problem };
  };
  // The driver compiles what a model runs when it first runs.
  await answer(0);
  const placement = await profile.read(model);
  const facts = () => ({ error: worst.error, placement });
  if (!isUsed(device, placement)) return say("unused", "would compute nothing of it", { placement });
  const isHopeless = took > FIRST_MS && took > HOPELESS * truth.milliseconds;
  for (let i = 1; i < DRAWS && worst.problem === null && !isHopeless; i++) await answer(i);
  if (worst.problem !== null) return say("differs", `answers otherwise: ${worst.problem}`, facts());
  const agrees = `answers as the processor does (within ${worst.error.toExponential(0)})`;
  const cpu = truth.milliseconds;
  if (isHopeless) {
    const reason = `${agrees} and is slower: ${(took / 1000).toFixed(0)} s for the first run, where the processor takes ${textOf(cpu)} ms`;
    return say("slower", reason, facts());
  }
  const slots = madeUp(signature, truth.guess, 0, truth.known);
  const own = took > HOPELESS * cpu ? took : await time(() => model.run(outputs, slots));
  const isFaster = own < cpu;
  const times = `${textOf(own)} ms a run against ${textOf(cpu)} on the processor`;
  const reason = `${agrees} and is ${isFaster ? "faster" : "slower"}: ${times}`;
  return say(isFaster ? "faster" : "slower", reason, { ...facts(), milliseconds: { cpu, device: own } });
}

const textOf = (milliseconds: number) => milliseconds.toPrecision(3).replace(/\.?0+$/, "");

/** What the processor answers, and how fast; or why that is not known. The model is given back before the device gets it. */
async function asComputed({ path, cpu, known }: CompareOrder): Promise<Truth | string> {
  const model = await loadModel(path, cpu);
  try {
    const { signature } = model;
    const outputs = signature.outputs.map(({ name }) => name);
    if (outputs.length === 0) return "it has no output that can be read";
    const guess = await findMade(signature, (slots) => model.run(outputs, slots), known);
    if (typeof guess === "string") return guess;
    const answers: Slot[][] = [];
    for (let draw = 0; draw < DRAWS; draw++)
      answers.push(await model.run(outputs, madeUp(signature, guess, draw, known)));
    const slots = madeUp(signature, guess, 0, known);
    const again = await model.run(outputs, slots);
    if (agreement(signature.outputs, answers[0] as Slot[], again).problem !== null)
      return "it answers the same input differently each time";
    return { guess, known, answers, milliseconds: await time(() => model.run(outputs, slots)) };
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
