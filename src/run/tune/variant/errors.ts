import { fail, isModelyardError } from "../../../base/errors/index.ts";
import { type InputMaker, inputMaker } from "../../convert/inputs/draw.ts";
import { type LoadedModel, type OpenedModel, readFileInput } from "../../pipeline/index.ts";
import { askedOf, type TaskInput } from "../../tasks/index.ts";
import { jsonValues } from "../../tasks/tensors/values.ts";
import type { Pair } from "../error/metric.ts";
import { relativeError } from "../error/numbers.ts";
import { metricOf } from "../error/table.ts";
import { loadPlace } from "./load.ts";
import type { ErrorOrder, Errors } from "./messages.ts";

/** How often the two models are compared where inputs are made up. */
const MADE_UP = 8;

/** @throws TUNE_SAMPLE with the file that the original does not take, TUNE_LABELS with one whose truth is none, BENCH_NO_INPUT */
export async function errorsOf({ original, changed, device, samples, truths }: ErrorOrder): Promise<Errors> {
  const first = await loadPlace(original, undefined, device);
  try {
    const second = await loadPlace(changed, undefined, device);
    try {
      return await (samples.length > 0 ? onSamples(first, second, samples, truths) : onMadeUp(first, second));
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}

async function onSamples(
  original: LoadedModel<OpenedModel>,
  changed: LoadedModel<OpenedModel>,
  samples: readonly string[],
  truths: ErrorOrder["truths"],
): Promise<Errors> {
  const metric = metricOf(original.opened.task.id);
  const [own, other]: [Pair[], Pair[]] = [[], []];
  const { inputs } = askedOf(original.opened.contract, original.signature);
  const words = await original.opened.words();
  const labels = Object.values(words.labels).find((list) => list !== null) ?? null;
  let known = 0;
  for (const path of samples) {
    const refuse = (cause: unknown) => {
      if (!isModelyardError(cause) || cause.code.startsWith("FILE_")) throw cause;
      throw fail("TUNE_SAMPLE", { path, problem: cause.message }, { where: path, cause });
    };
    const input = await readFileInput(path, inputs).catch(refuse);
    const right = await predict(original, input).catch(refuse);
    const isKnown = Object.hasOwn(truths, path);
    if (isKnown) {
      known++;
      const problem = metric.problemOf(truths[path], right, labels);
      if (problem !== null) throw fail("TUNE_LABELS", { path, problem }, { where: path });
    }
    const truth = isKnown ? truths[path] : right;
    own.push({ truth, answer: right });
    other.push({ truth, answer: await predict(changed, input) });
  }
  return {
    title: metric.title,
    changed: await metric.of(other),
    original: await metric.of(own),
    samples: samples.length,
    truths: known,
  };
}

async function predict(model: LoadedModel<OpenedModel>, input: TaskInput): Promise<unknown> {
  let answer: unknown;
  for await (const event of model.predict(input)) if (event.type === "answer") answer = event.value;
  return answer;
}

async function onMadeUp(
  original: LoadedModel<OpenedModel>,
  changed: LoadedModel<OpenedModel>,
): Promise<Errors> {
  const { opened, signature } = original;
  const maker = await inputMaker(opened.model, signature, opened.contract);
  const pairs: Pair[] = [];
  for (let draw = 0; draw < MADE_UP; draw++) pairs.push(await compared(original, changed, maker, draw));
  const error = await relativeError.of(pairs);
  return { title: relativeError.title, changed: error, original: 0, samples: 0, truths: 0 };
}

/** Both models' answers to what the original takes. @throws BENCH_NO_INPUT */
async function compared(
  original: LoadedModel<OpenedModel>,
  changed: LoadedModel<OpenedModel>,
  maker: InputMaker,
  draw: number,
): Promise<Pair> {
  let problem = "it would have to be larger than a gigabyte";
  for (const plan of maker.plans) {
    const feeds = maker.make(plan, draw, 1);
    if (!feeds) continue;
    try {
      const truth = await original.infer(feeds);
      const answer = await changed.infer(feeds);
      const names = Object.keys(truth);
      const values = (tensors: typeof truth) =>
        names.map((name) => (tensors[name] ? jsonValues(tensors[name]) : null));
      return { truth: values(truth), answer: values(answer) };
    } catch (error) {
      if (!isModelyardError(error)) throw error;
      problem = error.message;
    }
  }
  throw fail("BENCH_NO_INPUT", { problem });
}
