import { basename, extname } from "node:path";
import type { Command } from "commander";
import { fail } from "../base/errors/index.ts";
import { type LoadedModel, loadOpened, openSource } from "../run/pipeline/index.ts";
import type { TaskInput } from "../run/tasks/index.ts";
import { collect } from "./collect.ts";
import { openProgress } from "./progress.ts";
import { readGiven } from "./read.ts";
import { readTensors } from "./tensors.ts";
import type { Terminal } from "./terminal.ts";

interface RunCommandOptions {
  cache?: string;
  device?: string;
  input?: string[];
  top?: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<model>", "a file, a folder, https:… or npm:package@version/path")
    .argument("[inputs...]", "pictures, sounds, or JSON with named tensors")
    .option("--input <name=file>", "a named tensor from .npy or .json; once for each input", collect)
    .option("--top <n>", "how many classes to print")
    .option("--device <name>", "auto or cpu")
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
  if (inputs.length === 0 && pairs.length === 0) {
    throw fail("RUN_COMMAND_NO_INPUT", { source });
  }
  const progress = openProgress(terminal, source);
  const opened = await openSource(source, {
    ...(options.cache === undefined ? {} : { cache: options.cache }),
    onProgress: progress.update,
  }).finally(progress.stop);
  const model = await loadOpened(opened, {
    ...(options.device === undefined ? {} : { device: options.device }),
    options: options.top === undefined ? {} : { top: Number(options.top) },
  });
  try {
    const asked: { input: string; value: TaskInput }[] = [];
    for (const input of inputs) asked.push({ input, value: await readInput(input) });
    if (pairs.length > 0) {
      asked.push({
        input: pairs.join(" "),
        value: { kind: "tensors", tensors: await readTensors(pairs, model.signature.inputs) },
      });
    }
    const answers: { input: string; answer: unknown }[] = [];
    for (const { input, value } of asked) {
      const answer = await ask(model, value, terminal);
      answers.push({ input, answer });
    }
    const only = answers.length === 1 ? answers[0]?.answer : answers;
    terminal.answer(only, () =>
      answers
        .map(
          ({ input, answer }) =>
            `${answers.length > 1 ? `${terminal.bold(input)}\n` : ""}${opened.task.print(answer)}`,
        )
        .join("\n"),
    );
  } finally {
    await model.close();
  }
}

async function ask(model: LoadedModel, input: TaskInput, terminal: Terminal): Promise<unknown> {
  let answer: unknown;
  for await (const event of model.predict(input)) {
    if (event.type !== "answer") continue;
    answer = event.value;
    for (const warning of event.warnings) terminal.note(`warning: ${warning}`);
  }
  return answer;
}

async function readInput(path: string): Promise<TaskInput> {
  const bytes = await readGiven(path);
  if (extname(path).toLowerCase() !== ".json") return { kind: "bytes", bytes, name: basename(path) };
  try {
    return { kind: "json", value: JSON.parse(bytes.toString("utf8")) };
  } catch (cause) {
    throw fail(
      "RUN_COMMAND_NOT_JSON",
      { path, problem: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}
