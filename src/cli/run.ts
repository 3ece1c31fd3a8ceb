import type { Command } from "commander";
import { fail, isModelyardError } from "../base/errors/index.ts";
import { writeWhole } from "../base/node/index.ts";
import {
  deviceText,
  type LoadedModel,
  loadOpened,
  openSource,
  readFileInput,
  whereText,
} from "../run/pipeline/index.ts";
import type { DeviceChoice, SessionStats } from "../run/runtime/index.ts";
import { askedOf, type Task, type TaskEvent, type TaskInput } from "../run/tasks/index.ts";
import { collect } from "./collect.ts";
import { DEVICE_HELP } from "./device.ts";
import { openNamedPipeline, printAnswer } from "./pipeline.ts";
import { openProgress } from "./progress.ts";
import { readTensors } from "./tensors.ts";
import type { Terminal } from "./terminal.ts";

interface RunCommandOptions {
  cache?: string;
  device?: string;
  verbose?: boolean;
  input?: string[];
  top?: string;
  option?: string[];
  output?: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<model>", "a file, a folder, https:… or npm:package@version/path")
    .argument(
      "[inputs...]",
      "files: pictures, sounds, texts, or JSON with named tensors; for a model that remembers, the frames of one stream",
    )
    .option("--input <name=file>", "a named tensor from .npy or .json; once for each input", collect)
    .option("--top <n>", "how many classes to print")
    .option(
      "--option <name=value>",
      "an option of the task, such as invert=true or threshold=0.5; once for each",
      collect,
    )
    .option("-o, --output <file>", "the answer drawn over the picture, as a PNG")
    .option("--device <name>", DEVICE_HELP)
    .option("--verbose", "also which nodes ran where, and why there, on stderr")
    .option("--cache <folder>", "where fetched models are kept")
    .addHelpText(
      "after",
      "\nExample:\n  $ modelyard run examples/models/mnist examples/models/mnist/seven.png",
    )
    .action((source: string, inputs: string[], options: RunCommandOptions) =>
      run(source, inputs, options, terminal),
    );
}

async function run(
  source: string,
  inputs: string[],
  options: RunCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const { input: pairs = [] } = options;
  // Where no model is named either, that is what is said.
  if (inputs.length === 0 && pairs.length === 0 && source.trim() !== "") {
    throw fail("RUN_COMMAND_NO_INPUT", { source });
  }
  const { output } = options;
  if (output !== undefined && inputs.length + (pairs.length > 0 ? 1 : 0) !== 1) {
    throw fail("RUN_COMMAND_DRAWING", { problem: "it shows one answer, and several were asked for" });
  }
  const given = taskOptions(options);
  const model = await openAnswerer(source, options, given, terminal);
  try {
    const { task } = model;
    const asked: Asked[] = [];
    for (const input of inputs) asked.push({ input, value: await readInput(input, model) });
    if (pairs.length > 0) {
      asked.push({
        input: pairs.join(" "),
        value: { kind: "tensors", tensors: await readTensors(pairs, model.inputs) },
      });
    }
    const answers = await answer(model, asked, terminal);
    const [drawn] = asked;
    if (output !== undefined && drawn) {
      const picture = await task.draw?.(answers[0]?.answer, drawn.value);
      if (picture) await writeWhole(output, [picture]);
    }
    const [first] = answers;
    const isOne = answers.length === 1 && first?.input === drawn?.input;
    const found = isOne ? first?.answer : answers;
    terminal.answer(options.device === undefined ? found : placedAnswer(found, isOne, model), () =>
      answers
        .map(({ input, answer }) => `${!isOne ? `${terminal.bold(input)}\n` : ""}${task.print(answer)}`)
        .join("\n"),
    );
  } finally {
    await model.close();
  }
}

/** Whoever names a device sees in the same JSON what ran where. */
function placedAnswer(found: unknown, isOne: boolean, { places }: Answerer): object {
  const [[step, place] = []] = places;
  const named = step === null ? { device: place } : { devices: Object.fromEntries(places) };
  return isOne ? { answer: found, ...named } : { answers: found, ...named };
}

/** What is asked: a model, or a pipeline, which has no tensors and no streams. */
interface Answerer extends Pick<LoadedModel, "predict" | "follow" | "close"> {
  readonly task: {
    readonly accepts: { readonly kind: string };
    print(answer: unknown): string;
    draw?: Task["draw"];
  };
  readonly inputs: LoadedModel["signature"]["inputs"];
  /** Those that a person gives: without states and constants. */
  readonly given: LoadedModel["signature"]["inputs"];
  /** By step of a pipeline; of a model by null. */
  readonly places: readonly (readonly [string | null, RunPlace])[];
}

/** Where a model runs, which of its nodes do, and why there. */
type RunPlace = Pick<SessionStats, "device" | "placement"> & Pick<DeviceChoice, "reason" | "tried">;

function placeOf({ session, choice }: LoadedModel): RunPlace {
  const { device, placement } = session.stats();
  const { reason, tried } = choice;
  return { device, placement, reason, tried };
}

async function openAnswerer(
  source: string,
  options: RunCommandOptions,
  given: Record<string, unknown>,
  terminal: Terminal,
): Promise<Answerer> {
  const refuse = (id: string) =>
    fail("RUN_COMMAND_DRAWING", { problem: `answers of the task ${id} have no place in a picture` });
  const pipeline = await openNamedPipeline(source, options, terminal);
  if (pipeline) {
    const { accepts, close } = pipeline;
    for (const [step, model] of pipeline.models) tellDevice(model, options, terminal, step);
    if (options.output !== undefined) {
      await close();
      throw refuse("pipeline");
    }
    return {
      task: { accepts, print: printAnswer },
      inputs: [],
      given: [],
      places: [...pipeline.models].map(([step, model]) => [step, placeOf(model)]),
      predict: (input, signal) => pipeline.predict(input, signal, given),
      follow: () => null,
      close,
    };
  }
  const progress = openProgress(terminal, source);
  const opened = await openSource(source, {
    ...(options.cache === undefined ? {} : { cache: options.cache }),
    onProgress: progress.update,
  }).finally(progress.stop);
  for (const warning of opened.warnings) terminal.warn(warning);
  if (options.output !== undefined && !(await opened.task.load()).draw) {
    await opened.close();
    throw refuse(opened.task.id);
  }
  const model = await loadOpened(opened, {
    ...(options.device === undefined ? {} : { device: options.device }),
    ...(options.cache === undefined ? {} : { cache: options.cache }),
    options: given,
    onNote: (note) => terminal.note(note),
  });
  tellDevice(model, options, terminal);
  const { predict, follow, close, task, signature } = model;
  const asked = askedOf(opened.contract, signature).inputs;
  const places = [[null, placeOf(model)]] as const;
  return { task, inputs: signature.inputs, given: asked, places, predict, follow, close };
}

/** A person who named a device is told; whoever else wants to know asks. */
function tellDevice(
  model: LoadedModel,
  { device: asked, verbose = false }: RunCommandOptions,
  terminal: Terminal,
  step?: string,
): void {
  const place = placeOf(model);
  // With --json the answer has it.
  if (terminal.json) {
    if (verbose && asked === undefined) process.stderr.write(`${JSON.stringify({ step, ...place })}\n`);
  } else if (verbose || (asked !== undefined && deviceText(place, model.choice) !== null))
    terminal.note(`${step === undefined ? "" : `step ${step} `}runs on ${whereText(place, model.choice)}`);
}

/** Options of the task by name; a value that is no JSON is a text. @throws RUN_COMMAND_OPTION */
function taskOptions({ top, option = [] }: RunCommandOptions): Record<string, unknown> {
  const given = option.map((pair): [string, unknown] => {
    const at = pair.indexOf("=");
    if (at < 1) throw fail("RUN_COMMAND_OPTION", { pair });
    const text = pair.slice(at + 1);
    try {
      return [pair.slice(0, at), JSON.parse(text)];
    } catch {
      return [pair.slice(0, at), text];
    }
  });
  return { ...Object.fromEntries(given), ...(top === undefined ? {} : { top: Number(top) }) };
}

interface Asked {
  readonly input: string;
  readonly value: TaskInput;
}

interface Answered {
  readonly input: string;
  readonly answer: unknown;
}

/** An answer for each input, or for each frame where the inputs are those of one stream. */
async function answer(model: Answerer, asked: readonly Asked[], terminal: Terminal): Promise<Answered[]> {
  const stream = model.follow();
  const frames = stream
    ? asked.flatMap(({ input, value }) => framesOf(stream.frames(value), input, value))
    : asked;
  // A single frame may bring the states itself; those of a stream are held by it.
  const predict = stream && frames.length > 1 ? stream.run : model.predict;
  const answers: Answered[] = [];
  for (const { input, value } of frames) {
    const warn = (warning: string) => terminal.warn(warning, frames.length > 1 ? input : undefined);
    answers.push({ input, answer: await lastOf(predict(value), warn) });
  }
  return answers;
}

/** Frames of a list by their place in it. */
function framesOf(frames: readonly TaskInput[], input: string, given: TaskInput): Asked[] {
  return frames.map((value, i) => ({ input: value === given ? input : `${input}[${i}]`, value }));
}

async function lastOf(events: AsyncIterable<TaskEvent>, warn: (warning: string) => void): Promise<unknown> {
  let answer: unknown;
  for await (const event of events) {
    if (event.type !== "answer") continue;
    answer = event.value;
    for (const warning of event.warnings) warn(warning);
  }
  return answer;
}

/** @throws RUN_COMMAND_NO_TEXT_FILE where the text itself is given, and what `readFileInput` throws */
async function readInput(path: string, { task, given }: Answerer): Promise<TaskInput> {
  return readFileInput(path, given).catch((error: unknown) => {
    if (task.accepts.kind !== "text" || !isNoFile(error)) throw error;
    throw fail("RUN_COMMAND_NO_TEXT_FILE", { path, json: '{"inputs": "…"}' }, { cause: error });
  });
}

/** Whether it says that there is no such file, or that there cannot be: a long text is too long for a name. */
function isNoFile(error: unknown): boolean {
  if (!isModelyardError(error)) return false;
  const { code, cause } = error;
  return (
    code === "FILE_NOT_FOUND" || (cause instanceof Error && "code" in cause && cause.code === "ENAMETOOLONG")
  );
}
