import { join, relative } from "node:path";
import type { Command } from "commander";
import { fail } from "../base/errors/index.ts";
import { PRECISIONS } from "../run/convert/choice.ts";
import { openSource } from "../run/pipeline/index.ts";
import { availableCpus } from "../run/runtime/index.ts";
import {
  conditionsOf,
  FIGURES,
  type FigureName,
  type Grid,
  type Limits,
  missesText,
  readSamples,
  reportPage,
  type TuneReport,
  tune,
  type Variant,
  variantsOf,
  verdictOf,
  writeChosen,
  writeText,
} from "../run/tune/index.ts";
import { DEVICE_HELP } from "./device.ts";
import { untilInterrupted } from "./interrupt.ts";
import { count, counts, number } from "./numbers.ts";
import { openProgress } from "./progress.ts";
import { parseSize } from "./size.ts";
import { type Terminal, wrap } from "./terminal.ts";
import { tuneHead, tuneLine, tuneNotes } from "./tune-text.ts";

interface TuneCommandOptions {
  output: string;
  precision: string;
  compiled: string;
  threads?: string;
  instances: string;
  batch?: string;
  maxError?: string;
  maxLatency?: string;
  maxMemory?: string;
  maxSize?: string;
  minThroughput?: string;
  minimize?: string;
  maximize?: string;
  callers: string;
  window: string;
  warmUp: string;
  windows: string;
  device?: string;
  cache?: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<model>", "a file, a folder, https:… or npm:package@version/path")
    .argument(
      "[samples...]",
      "inputs as `run` takes them, or folders of them: what is right is in labels.json, or in the names of folders",
    )
    .requiredOption("-o, --output <folder>", "for the results, the report and the choice")
    .option("--precision <name,…>", `original, ${PRECISIONS.join(", ")}`, "original,fp16,int8,int8-weights")
    .option("--compiled <yes,no>", "from an artefact, as `compile` makes it", "no,yes")
    .option("--threads <n,…>", "of each instance (default: 1 and all processors)")
    .option("--instances <n,…>", "how often the model is loaded", "1")
    .option("--batch <n,…>", "most rows of a batch (default: as the model is found to allow)")
    .option("--max-error <n%>", "how much more wrong than the original it may be", "1%")
    .option("--max-latency <ms>", "the median of one caller")
    .option("--max-memory <size>", "such as 200MB")
    .option("--max-size <size>", "on disk")
    .option("--min-throughput <n>", "answers a second with many callers")
    .option("--minimize <figure>", "latency (default), memory, size, load or error")
    .option("--maximize <figure>", "throughput")
    .option("--callers <n>", "at once, where throughput is measured", "8")
    .option("--window <seconds>", "of measurement", "0.5")
    .option("--warm-up <seconds>", "before the first window", "0.5")
    .option("--windows <n>", "at most", "8")
    .option("--device <name>", DEVICE_HELP)
    .option("--cache <folder>", "where fetched models are kept")
    .addHelpText(
      "after",
      "\nExample:\n  $ modelyard tune examples/models/mnist examples/models/mnist/seven.png -o tuned --max-error 1% --minimize memory",
    )
    .action((source: string, samples: string[], options: TuneCommandOptions) =>
      untilInterrupted((signal) => run(source, samples, options, terminal, signal)),
    );
}

async function run(
  source: string,
  given: string[],
  options: TuneCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const grid = gridOf(options);
  const limits = limitsOf(options);
  const goal = goalOf(options);
  const measuring = {
    callers: count("callers", options.callers, 1, 4096),
    window: number("window", options.window, 0.01, 3600),
    warmUp: number("warm-up", options.warmUp, 0, 3600),
    windows: count("windows", options.windows, 3, 1000),
  };
  const { paths: samples, truths } = await readSamples(given);
  const progress = openProgress(terminal, source);
  const { cache, device, output: out } = options;
  const opened = await openSource(source, {
    ...(cache === undefined ? {} : { cache }),
    onProgress: progress.update,
    signal,
  }).finally(progress.stop);
  try {
    terminal.more(tuneHead(opened.name, variantsOf(grid).length, measuring, terminal));
    const report = await tune(opened, {
      ...measuring,
      out,
      grid,
      source,
      samples,
      truths,
      limits,
      goal,
      signal,
      ...(cache === undefined ? {} : { cache }),
      ...(device === undefined ? {} : { device }),
      onStep({ name, done, of, row }) {
        progress.stop();
        if (row) terminal.more(tuneLine(row));
        else progress.say(`${done + 1} of ${of}, ${name}`);
      },
    });
    progress.stop();
    await writeText(join(out, "report.html"), reportPage(report));
    await conclude(report, out, terminal, (variant) => writeChosen(opened, variant, out, device));
  } finally {
    progress.stop();
    await opened.close();
  }
}

async function conclude(
  report: TuneReport,
  out: string,
  terminal: Terminal,
  write: (variant: Variant) => Promise<string>,
): Promise<void> {
  const chosen = report.rows.find((row) => row.chosen);
  if (!chosen) {
    const { nearest } = report;
    throw nearest
      ? fail("TUNE_NO_VARIANT", { name: nearest.row.name, misses: missesText(nearest.misses), folder: out })
      : fail("TUNE_NO_VARIANT", { name: "none", misses: "nothing could be measured", folder: out });
  }
  const folder = await write(chosen.variant);
  const page = join(out, "report.html");
  if (terminal.json) terminal.answer({ ...report, chosen: folder, report: page }, () => "");
  else {
    terminal.more(`\n${terminal.bold(verdictOf(report))}`);
    terminal.more(
      `\n  ${relative("", folder) || folder}  the model, and how to run it\n  ${page}  what was measured`,
    );
    terminal.more(`\n${wrap(`${conditionsOf(report)}.`, "", terminal.width).join("\n")}`);
    for (const note of tuneNotes(report, terminal.width)) terminal.note(note);
  }
}

function gridOf({ precision, compiled, threads, instances, batch }: TuneCommandOptions): Grid {
  const all = availableCpus();
  return {
    precisions: named("precision", precision, ["original", ...PRECISIONS]),
    compiled: named("compiled", compiled, ["yes", "no"]).map((each) => each === "yes"),
    threads: threads === undefined ? [...new Set([1, all])] : counts("threads", threads, 1, 1024),
    instances: counts("instances", instances, 1, 64),
    batches: batch === undefined ? [null] : counts("batch", batch, 0, 65_536),
  };
}

/** Each once, in the order in which they were given. */
function named<T extends string>(option: string, given: string, known: readonly T[]): T[] {
  const names = given.split(",").map((each) => {
    const name = known.find((one) => one === each.trim());
    if (name === undefined) {
      throw fail("MEASURE_OPTION", { option, given: each, expected: `one of ${known.join(", ")}` });
    }
    return name;
  });
  return [...new Set(names)];
}

function limitsOf(options: TuneCommandOptions): Limits {
  const { maxError, maxLatency, maxMemory, maxSize, minThroughput } = options;
  return {
    ...(maxError === undefined ? {} : { error: part("max-error", maxError) }),
    ...(maxLatency === undefined ? {} : { latency: number("max-latency", maxLatency, 0, 1e9) }),
    ...(maxMemory === undefined ? {} : { memory: parseSize(maxMemory) }),
    ...(maxSize === undefined ? {} : { size: parseSize(maxSize) }),
    ...(minThroughput === undefined ? {} : { throughput: number("min-throughput", minThroughput, 0, 1e9) }),
  };
}

/** "1%" or "0.01". */
function part(option: string, given: string): number {
  const isPercent = given.trim().endsWith("%");
  return number(option, given.trim().replace(/%$/, ""), 0, isPercent ? 100 : 1) / (isPercent ? 100 : 1);
}

function goalOf({ minimize, maximize }: TuneCommandOptions): FigureName {
  if (minimize !== undefined && maximize !== undefined) {
    throw fail("MEASURE_OPTION", {
      option: "maximize",
      given: maximize,
      expected: "wanted beside --minimize: one figure decides, limits hold the others",
    });
  }
  const [option, given, less] =
    maximize === undefined ? ["minimize", minimize ?? "latency", true] : ["maximize", maximize, false];
  const known = (Object.keys(FIGURES) as FigureName[]).filter((name) => FIGURES[name].less === less);
  const found = known.find((name) => name === given);
  if (found) return found;
  throw fail("MEASURE_OPTION", {
    option: String(option),
    given: String(given),
    expected: `one of ${known.join(", ")}`,
  });
}
