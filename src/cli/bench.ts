import type { Command } from "commander";
import { fail } from "../base/errors/index.ts";
import { readGiven, writeWhole } from "../base/node/index.ts";
import { loadOpened, openSource } from "../run/pipeline/index.ts";
import {
  type BenchReport,
  bench,
  inProcess,
  type Load,
  plotBench,
  remote,
  type Subject,
} from "../run/tune/index.ts";
import { benchHead, benchLine, benchNotes } from "./bench-text.ts";
import { collect } from "./collect.ts";
import { DEVICE_HELP } from "./device.ts";
import { untilInterrupted } from "./interrupt.ts";
import { count, counts, number } from "./numbers.ts";
import { openProgress } from "./progress.ts";
import { readTensors } from "./tensors.ts";
import type { Terminal } from "./terminal.ts";

interface BenchCommandOptions {
  model?: string;
  concurrency?: string;
  rate?: string;
  arrivals: string;
  window: string;
  warmUp: string;
  windows: string;
  input?: string[];
  body?: string;
  device?: string;
  instances?: string;
  threads?: string;
  cache?: string;
  output?: string;
}

/** Callers at once where nobody says how many. */
const CALLERS = "1,4,16,64";

export function define(command: Command, terminal: Terminal): void {
  command
    .argument(
      "<model or url>",
      "a model as `run` takes it, or http://host:port/v2/models/<name> of any server of the Open Inference Protocol",
    )
    .option("--model <name>", "the model, where the address is the server's")
    .option(
      "--concurrency <n,…>",
      `closed loop: so many callers, each asks again when it has its answer (default: ${CALLERS})`,
    )
    .option("--rate <n,…>", "open loop: so many requests a second, whatever the answers do")
    .option("--arrivals <kind>", "open loop: constant or poisson", "constant")
    .option("--window <seconds>", "how long one window of measurement is", "1")
    .option("--warm-up <seconds>", "before the first window of each load", "1")
    .option("--windows <n>", "at most so many; three in a row that agree within 10 % are enough", "10")
    .option("--input <name=file>", "ask with this tensor, from .npy or .json; once for each input", collect)
    .option("--body <file>", "send this file to the address, as it is")
    .option("--device <name>", DEVICE_HELP)
    .option("--instances <n>", "how often the model is loaded")
    .option("--threads <n>", "threads of each instance")
    .option("-o, --output <file.svg>", "draw latency against throughput")
    .option("--cache <folder>", "where fetched models are kept")
    .addHelpText(
      "after",
      [
        "\nExamples:",
        "  $ modelyard bench examples/models/mnist --concurrency 1,8",
        "  $ modelyard bench http://127.0.0.1:8080/v2/models/mnist --rate 100 --arrivals poisson",
        "  $ modelyard bench http://127.0.0.1:8080/models/mnist --body examples/models/mnist/seven.png",
      ].join("\n"),
    )
    .action((source: string, options: BenchCommandOptions) =>
      untilInterrupted((signal) => run(source, options, terminal, signal)),
    );
}

async function run(
  source: string,
  options: BenchCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const loads = loadsOf(options);
  const measuring = {
    loads,
    window: number("window", options.window, 0.01, 3600),
    warmUp: number("warm-up", options.warmUp, 0, 3600),
    windows: count("windows", options.windows, 3, 1000),
    signal,
  };
  const subject = await openSubject(source, options, terminal, signal);
  let report: BenchReport;
  try {
    terminal.more(benchHead(subject, terminal));
    report = await bench(subject, { ...measuring, onRow: (row) => terminal.more(benchLine(row)) });
  } finally {
    await subject.close();
  }
  if (options.output !== undefined) await writeWhole(options.output, [Buffer.from(plotBench(report))]);
  if (terminal.json) terminal.answer(report, () => "");
  else for (const note of benchNotes(report, terminal.width)) terminal.note(note);
}

function loadsOf({ concurrency, rate, arrivals }: BenchCommandOptions): Load[] {
  if (arrivals !== "constant" && arrivals !== "poisson") {
    throw fail("MEASURE_OPTION", { option: "arrivals", given: arrivals, expected: "constant or poisson" });
  }
  const callers = concurrency ?? (rate === undefined ? CALLERS : undefined);
  return [
    ...counts("concurrency", callers, 1, 4096).map((each): Load => ({ kind: "closed", concurrency: each })),
    ...(rate?.split(",") ?? []).map(
      (each): Load => ({ kind: "open", rate: number("rate", each, 0.01, 1_000_000), arrivals }),
    ),
  ];
}

async function openSubject(
  source: string,
  options: BenchCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Subject> {
  const { input: pairs = [], body, model, cache, device } = options;
  const isAddress =
    /^https?:/i.test(source) && (model !== undefined || body !== undefined || /\/v2(\/|$)/.test(source));
  if (isAddress) {
    const type = body?.endsWith(".json") ? "application/json" : "application/octet-stream";
    const key = process.env.MODELYARD_API_KEY;
    return remote(source, {
      signal,
      ...(key ? { key } : {}),
      ...(model === undefined ? {} : { model }),
      ...(body === undefined ? {} : { body: { bytes: await readGiven(body), type } }),
      ...(pairs.length === 0 ? {} : { feeds: (inputs) => readTensors(pairs, inputs) }),
    });
  }
  const progress = openProgress(terminal, source);
  const opened = await openSource(source, {
    ...(cache === undefined ? {} : { cache }),
    onProgress: progress.update,
    signal,
  }).finally(progress.stop);
  const serving = {
    ...(options.instances === undefined ? {} : { instances: count("instances", options.instances, 1, 64) }),
    ...(options.threads === undefined ? {} : { threads: count("threads", options.threads, 1, 1024) }),
  };
  const loaded = await loadOpened(opened, {
    serving,
    signal,
    ...(device === undefined ? {} : { device }),
    ...(cache === undefined ? {} : { cache }),
  });
  try {
    const feeds = pairs.length === 0 ? undefined : await readTensors(pairs, loaded.signature.inputs);
    return await inProcess(loaded, feeds, signal);
  } catch (error) {
    await loaded.close();
    throw error;
  }
}
