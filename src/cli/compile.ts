import { basename, relative } from "node:path";
import type { Command } from "commander";
import { compileOpened } from "../run/pipeline/compile.ts";
import { openFile } from "../run/pipeline/open-file.ts";
import { untilInterrupted } from "./interrupt.ts";
import { openProgress } from "./progress.ts";
import { bytes, columns, type Terminal, wrap } from "./terminal.ts";

interface CompileCommandOptions {
  output: string;
  ort?: boolean;
  cache?: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<model>", "a file, a folder, https:… or npm:package@version/path")
    .requiredOption("-o, --output <folder>", "where the compiled model goes; it may exist")
    .option("--ort", "beside it model.ort, in ONNX Runtime's own format, for its builds that read no other")
    .option("--cache <folder>", "where fetched models are kept")
    .addHelpText("after", "\nExample:\n  $ modelyard compile examples/models/mnist -o compiled/mnist")
    .action((source: string, options: CompileCommandOptions) =>
      untilInterrupted((signal) => run(source, options, terminal, signal)),
    );
}

async function run(
  source: string,
  { output, ort = false, cache }: CompileCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const progress = openProgress(terminal, basename(source));
  try {
    const opened = await openFile(source, {
      ...(cache === undefined ? {} : { cache }),
      onProgress: progress.update,
      signal,
    });
    try {
      progress.say("compiling");
      const artefact = await compileOpened(opened, output, { ort, signal });
      progress.stop();
      const { files, made, measured } = artefact;
      const answer = { folder: output, from: opened.path, files, made, measured };
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

function answersText(compared: number): string {
  return compared > 0
    ? `the same bit for bit as the model's own (${compared} compared)`
    : "not compared: no made-up input could be run, or they change from run to run";
}
