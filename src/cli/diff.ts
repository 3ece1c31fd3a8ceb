import { basename } from "node:path";
import type { Command } from "commander";
import { type DiffOptions, diffModels } from "../run/convert/diff/diff.ts";
import type { DiffReport } from "../run/convert/diff/report.ts";
import { type OpenedFile, openFile } from "../run/pipeline/open-file.ts";
import { collect } from "./collect.ts";
import { diffText, isDifferent } from "./diff-text.ts";
import { untilInterrupted } from "./interrupt.ts";
import { openProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { readFeeds, withContract } from "./understood.ts";

interface DiffCommandOptions {
  cache?: string;
  answers: boolean;
  exitCode?: boolean;
  input?: string[];
}

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<a>", "a file, a folder, https:… or npm:package@version/path")
    .argument("<b>", "another version of it")
    .option("--no-answers", "do not run them")
    .option(
      "--input <name=file>",
      "run them on this tensor, from .npy or .json; once for each input",
      collect,
    )
    .option("--exit-code", "exit with 1 where they differ")
    .option("--cache <folder>", "where fetched models are kept")
    .addHelpText("after", "\nExample:\n  $ modelyard diff examples/models/mnist small.onnx")
    .action(async (a: string, b: string, options: DiffCommandOptions) => {
      const report = await untilInterrupted((signal) => run(a, b, options, terminal, signal));
      if (options.exitCode && isDifferent(report)) process.exitCode = 1;
    });
}

const DOING = { graph: "comparing the graphs", answers: "running both" } as const;

async function run(
  a: string,
  b: string,
  options: DiffCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<DiffReport> {
  const progress = openProgress(terminal, `${basename(a)} and ${basename(b)}`);
  const opened: OpenedFile[] = [];
  try {
    const open = async (source: string) => {
      const model = await openFile(source, {
        ...(options.cache === undefined ? {} : { cache: options.cache }),
        onProgress: progress.update,
        signal,
      });
      opened.push(model);
      return model;
    };
    const [one, other] = [await open(a), await open(b)];
    const { input: pairs = [] } = options;
    const chosen: DiffOptions = {
      answers: options.answers,
      signal,
      ...(pairs.length > 0 ? { feeds: await readFeeds(pairs, one) } : {}),
      onProgress(stage, done, total) {
        if (stage === "weights") progress.update(done, total);
        else progress.say(DOING[stage]);
      },
    };
    const report = await diffModels(withContract(one), withContract(other), chosen);
    progress.stop();
    terminal.answer(report, () => diffText(report, terminal));
    return report;
  } finally {
    progress.stop();
    await Promise.all(opened.map((each) => each.close()));
  }
}
