import { basename } from "node:path";
import type { Command } from "commander";
import { fail } from "../base/errors/index.ts";
import { type ConvertOptions, type ConvertStage, convertModel } from "../run/convert/index.ts";
import { openSource } from "../run/pipeline/open.ts";
import { convertText } from "./convert-text.ts";
import { untilInterrupted } from "./interrupt.ts";
import { openProgress } from "./progress.ts";
import { collect, readTensors } from "./tensors.ts";
import type { Terminal } from "./terminal.ts";

interface ConvertCommandOptions {
  cache?: string;
  external?: boolean;
  opset?: string;
  simplify?: boolean;
  fixDim: string[];
  verify?: boolean;
  input: string[];
  tolerance?: string;
}

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<model>", "a file, a folder, https:… or npm:package@version/path")
    .argument("<out>", "the file to write; its extension says the format")
    .option("--external", "move the weights into one file beside it, for memory mapping")
    .option("--no-external", "keep the weights inside, or fail")
    .option("--opset <version>", 'bring the operators to this version of ai.onnx, or to the "newest"')
    .option("--simplify", "work out what is constant and leave out what does nothing")
    .option("--fix-dim <name=length>", "give a named dimension one length; once for each", collect, [])
    .option("--verify", "run both on the same inputs and compare, before anything is written")
    .option(
      "--input <name=file>",
      "verify on this tensor, from .npy or .json; once for each input",
      collect,
      [],
    )
    .option("--tolerance <number>", "how far answers around 1 may differ", "1e-5")
    .option("--cache <folder>", "where fetched models are kept")
    .addHelpText(
      "after",
      "\nExample:\n  $ modelyard convert examples/models/mnist small.onnx --simplify --verify",
    )
    .action((source: string, out: string, options: ConvertCommandOptions) =>
      untilInterrupted((signal) => run(source, out, options, terminal, signal)),
    );
}

const DOING: Readonly<Record<Exclude<ConvertStage, "write">, string>> = {
  read: "reading",
  change: "changing the graph",
  verify: "verifying",
};

async function run(
  source: string,
  out: string,
  options: ConvertCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const progress = openProgress(terminal, basename(source));
  try {
    const opened = await openSource(source, {
      ...(options.cache === undefined ? {} : { cache: options.cache }),
      onProgress: progress.update,
      signal,
    });
    try {
      const chosen = await choose(options, opened.signature.inputs);
      const report = await convertModel(opened, out, {
        ...chosen,
        signal,
        onProgress(stage, done, total) {
          if (stage === "write") progress.update(done, total);
          else progress.say(DOING[stage]);
        },
      });
      progress.stop();
      terminal.answer(report, () => convertText(report, terminal));
    } finally {
      await opened.close();
    }
  } finally {
    progress.stop();
  }
}

async function choose(
  options: ConvertCommandOptions,
  inputs: Parameters<typeof readTensors>[1],
): Promise<ConvertOptions> {
  const { external, opset, simplify, fixDim, input } = options;
  const absolute = Number(options.tolerance);
  if (!(absolute >= 0)) {
    throw fail("CONVERT_OPTION", {
      option: "--tolerance",
      given: options.tolerance ?? "",
      expected: "a number from 0, such as 1e-4",
    });
  }
  const verify = options.verify === true || input.length > 0;
  return {
    ...(external === undefined ? {} : { external: external ? "always" : "never" }),
    ...(opset === undefined ? {} : { opset: readOpset(opset) }),
    ...(simplify === true ? { simplify } : {}),
    ...(fixDim.length > 0 ? { fixDims: Object.fromEntries(fixDim.map(readDim)) } : {}),
    ...(verify
      ? {
          verify: {
            tolerance: { absolute, relative: 10 * absolute },
            ...(input.length > 0 ? { feeds: await readTensors(input, inputs) } : {}),
          },
        }
      : {}),
  };
}

function readOpset(text: string): number | "newest" {
  if (text === "newest") return text;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw fail("CONVERT_OPTION", {
    option: "--opset",
    given: text,
    expected: "a version such as 17, or newest",
  });
}

function readDim(pair: string): [string, number] {
  const at = pair.lastIndexOf("=");
  const length = at > 0 ? pair.slice(at + 1) : "";
  if (/^\d{1,15}$/.test(length)) return [pair.slice(0, at), Number(length)];
  throw fail("CONVERT_OPTION", {
    option: "--fix-dim",
    given: pair,
    expected: "name=length, such as batch=1",
  });
}
