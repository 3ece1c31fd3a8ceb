import { basename, relative } from "node:path";
import { type Command, Option } from "commander";
import { compileOpened } from "../run/pipeline/compile.ts";
import { type Described, describeCompiled } from "../run/pipeline/description.ts";
import { openSource } from "../run/pipeline/open.ts";
import { type Prepared, prepareFolder } from "../run/pipeline/prepare.ts";
import { untilInterrupted } from "./interrupt.ts";
import { openProgress } from "./progress.ts";
import { bytes, columns, type Terminal, wrap } from "./terminal.ts";

interface CompileCommandOptions {
  output?: string;
  ort?: boolean;
  cache?: string;
  seal?: boolean;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .argument(
      "<model>",
      "a file, a folder, https:… or npm:package@version/path; or a folder of models, without -o",
    )
    .option(
      "-o, --output <folder>",
      "where the compiled model goes; it may exist. Without it every model of the folder goes into the cache, as `serve` finds it",
    )
    .option("--ort", "beside it model.ort, in ONNX Runtime's own format, for its builds that read no other")
    .option("--cache <folder>", "where fetched models are kept")
    .addOption(
      new Option(
        "--seal",
        "what the cache holds then counts, whichever registry npm is told of later: for an image that holds the cache",
      ).conflicts("output"),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ modelyard compile examples/models/mnist -o compiled/mnist\n  $ modelyard compile models --cache cache && modelyard serve models --cache cache",
    )
    .action((source: string, options: CompileCommandOptions) =>
      untilInterrupted((signal) => {
        const { output } = options;
        if (output === undefined) return prepare(source, options, terminal, signal);
        return run(source, { ...options, output }, terminal, signal);
      }),
    );
}

/** All that `serve` would fetch, convert and compile behind its first answers. */
async function prepare(
  folder: string,
  { cache, seal = false }: CompileCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const onModel = (model: Prepared) => terminal.more(`${labelOf(model)}: ${stateOf(model)}`);
  const models = await prepareFolder(folder, {
    onModel,
    signal,
    seal,
    ...(cache === undefined ? {} : { cache }),
  });
  if (terminal.json) terminal.answer({ folder, models }, () => "");
  else if (models.length === 0) terminal.more(`There is no model in ${folder}.`);
}

function labelOf({ name, version, step }: Prepared): string {
  return `${name} version ${version}${step === undefined ? "" : `, step ${step}`}`;
}

function stateOf({ compiled, refused }: Prepared): string {
  if (compiled) return "compiled for this machine";
  return refused === null ? "loads as fast from its file" : `served from its file: ${refused}`;
}

async function run(
  source: string,
  { output, ort = false, cache }: CompileCommandOptions & { output: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const progress = openProgress(terminal, basename(source));
  try {
    const opened = await openSource(source, {
      ...(cache === undefined ? {} : { cache }),
      onProgress: progress.update,
      signal,
    });
    try {
      progress.say("compiling");
      const artefact = await compileOpened(opened, output, { ort, signal });
      const described = await describeCompiled(opened, output);
      progress.stop();
      const { files, made, measured } = artefact;
      const answer = { folder: output, from: opened.path, files, made, measured, described };
      const place = relative("", output) || output;
      terminal.answer(answer, () =>
        [
          terminal.bold(
            `${place.startsWith("..") ? output : place} holds ${opened.name}, compiled for this machine`,
          ),
          "",
          columns([
            ...files.map((file) => [file.name, bytes(file.bytes)]),
            ["loads in", `${measured.load.artefact} ms; the model itself takes ${measured.load.source} ms`],
            ["answers", answersText(measured.compared)],
            ...(described === "says so itself" ? [] : [["means", meaningText[described]]]),
            ["good for", `${made.runtime}, ${made.platform}, processors like this one (${made.processor})`],
          ]),
          "",
          ...wrap(
            "Loads of it share the weights in memory. Any ONNX Runtime of this version opens it with graph optimisation disabled; elsewhere compile the model again.",
            "  ",
            terminal.width,
          ),
        ].join("\n"),
      );
    } finally {
      await opened.close();
    }
  } finally {
    progress.stop();
  }
}

const meaningText: Readonly<Record<Exclude<Described, "says so itself">, string>> = {
  written: "what model.yaml says, which was written since the compiled graph does not say it",
  another:
    "what model.yaml says, which was there and is not what the model's own says: remove it, and compile again",
};

function answersText(compared: number): string {
  return compared > 0
    ? `the same bit for bit as the model's own (${compared} compared)`
    : "not compared: no made-up input could be run, or they change from run to run";
}
