import { basename } from "node:path";
import type { Command } from "commander";
import { fail } from "../base/errors/index.ts";
import type { Calibration } from "../run/convert/calibration.ts";
import { CALIBRATION_METHODS, MIXED, PRECISIONS, type Precision } from "../run/convert/choice.ts";
import { type ConvertOptions, type ConvertStage, convertModel } from "../run/convert/convert.ts";
import { type OpenedFile, openFile } from "../run/pipeline/open-file.ts";
import { collect } from "./collect.ts";
import { convertText } from "./convert-text.ts";
import { untilInterrupted } from "./interrupt.ts";
import { openProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { folderCalibration, readFeeds, withContract } from "./understood.ts";

interface ConvertCommandOptions {
  cache?: string;
  external?: boolean;
  opset?: string;
  simplify?: boolean;
  fixDim?: string[];
  precision?: string;
  reduceRange?: boolean;
  calibrate?: string;
  calibration?: string;
  io?: string;
  verify?: boolean;
  requireVerified?: boolean;
  input?: string[];
  tolerance?: string;
}

/** Of values around 1; relative to others it is ten times this. */
const DEFAULT_TOLERANCE = "1e-5";

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<model>", "a file, a folder, https:… or npm:package@version/path")
    .argument("<out>", "the file to write; its extension says the format")
    .option("--external", "move the weights into one file beside it, for memory mapping")
    .option("--no-external", "keep the weights inside, or fail")
    .option("--opset <version>", 'bring the operators to this version of ai.onnx, or to the "newest"')
    .option("--simplify", "work out what is constant and leave out what does nothing")
    .option(
      "--fix-dim <name=length>",
      "give a dimension one length, by its name, or by input and place (x:0=1); once for each",
      collect,
    )
    .option(
      "--precision <name>",
      `hold and compute it in ${PRECISIONS.join(", ")}: docs/precision.md tells which is for what`,
    )
    .option("--io <name>", "with --precision fp16: inputs and outputs in fp16 too, or fp32 (default)")
    .option(
      "--calibrate <folder>",
      "with --precision int8: learn ranges from inputs of real use, and compute convolutions in 8 bits too",
    )
    .option(
      "--calibration <name>",
      `with --calibrate: how ranges are learnt, ${CALIBRATION_METHODS.join(", ")} (default: minmax)`,
    )
    .option("--reduce-range", "with --precision int8: 7 bits, for processors that add products in 16")
    .option("--no-reduce-range", "8 bits all the same (default: what this processor needs)")
    .option("--verify", "run both on the same inputs and compare, before anything is written")
    .option("--require-verified", "as --verify, and write nothing where the two cannot be compared")
    .option("--input <name=file>", "verify on this tensor, from .npy or .json; once for each input", collect)
    .option(
      "--tolerance <number>",
      `verify with this: how far answers around 1 may differ (default: ${DEFAULT_TOLERANCE}); with --precision, leave what costs most more exact until answers are off by less: docs/precision.md`,
    )
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
    const opened = await openFile(source, {
      ...(options.cache === undefined ? {} : { cache: options.cache }),
      onProgress: progress.update,
      signal,
    });
    try {
      const chosen = await choose(options, opened);
      const report = await convertModel({ ...withContract(opened), spare: true }, out, {
        ...chosen,
        signal,
        onProgress(stage, done, total) {
          if (stage === "write") progress.update(done, total);
          else progress.say(DOING[stage]);
        },
      });
      progress.stop();
      terminal.answer(report, () => convertText(report, terminal));
      if (report.verify?.verified === false) {
        terminal.warn("the result is written and not verified; with --require-verified it would not be");
      }
    } finally {
      await opened.close();
    }
  } finally {
    progress.stop();
  }
}

async function choose(options: ConvertCommandOptions, opened: OpenedFile): Promise<ConvertOptions> {
  const { external, opset, simplify, fixDim = [], input = [], tolerance, precision } = options;
  const required = options.requireVerified === true;
  const verify = options.verify === true || required || input.length > 0;
  const known = precision === undefined ? undefined : readPrecision(precision);
  const isMixed = known !== undefined && MIXED.has(known);
  if (tolerance !== undefined && !verify && !isMixed) {
    throw fail("CONVERT_OPTION_ALONE", { option: "--tolerance", needed: "--verify" });
  }
  if (options.reduceRange !== undefined && precision !== "int8")
    throw fail("CONVERT_OPTION_ALONE", { option: "--reduce-range", needed: "--precision int8" });
  if (options.calibrate !== undefined && precision !== "int8")
    throw fail("CONVERT_OPTION_ALONE", { option: "--calibrate", needed: "--precision int8" });
  if (options.calibration !== undefined && options.calibrate === undefined)
    throw fail("CONVERT_OPTION_ALONE", { option: "--calibration", needed: "--calibrate" });
  if (options.io !== undefined && precision !== "fp16")
    throw fail("CONVERT_OPTION_ALONE", { option: "--io", needed: "--precision fp16" });
  const absolute = tolerance === undefined ? null : readTolerance(tolerance);
  const fixDims = readDims(fixDim);
  return {
    ...(external === undefined ? {} : { external: external ? "always" : "never" }),
    ...(opset === undefined ? {} : { opset: readOpset(opset) }),
    ...(simplify === true ? { simplify } : {}),
    ...(known === undefined ? {} : { precision: known }),
    ...(absolute !== null && isMixed ? { tolerance: absolute } : {}),
    ...(options.io === undefined ? {} : { io: readIo(options.io) }),
    ...(options.reduceRange === undefined ? {} : { reduceRange: options.reduceRange }),
    ...(options.calibrate === undefined
      ? {}
      : { calibrate: await readCalibration(options.calibrate, options.calibration, opened) }),
    ...(fixDims.size > 0 ? { fixDims: Object.fromEntries(fixDims) } : {}),
    ...(verify
      ? {
          verify: {
            required,
            ...(absolute === null || isMixed ? {} : { tolerance: { absolute, relative: 10 * absolute } }),
            ...(input.length > 0 ? { feeds: await readFeeds(input, opened) } : {}),
          },
        }
      : {}),
  };
}

function readTolerance(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= 0 && number < Number.POSITIVE_INFINITY) return number;
  throw fail("CONVERT_OPTION", {
    option: "--tolerance",
    given: text.trim() === "" ? "empty" : text,
    expected: "a number from 0, such as 1e-4",
  });
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

function readPrecision(text: string): Precision {
  const found = PRECISIONS.find((each) => each === text);
  if (found) return found;
  throw fail("CONVERT_OPTION", {
    option: "--precision",
    given: text,
    expected: PRECISIONS.join(", "),
  });
}

async function readCalibration(
  folder: string,
  name: string | undefined,
  opened: OpenedFile,
): Promise<Calibration> {
  const method = name === undefined ? undefined : CALIBRATION_METHODS.find((each) => each === name);
  if (name !== undefined && !method)
    throw fail("CONVERT_OPTION", {
      option: "--calibration",
      given: name,
      expected: CALIBRATION_METHODS.join(", "),
    });
  return { ...(await folderCalibration(folder, opened)), ...(method ? { method } : {}) };
}

function readIo(text: string): "float16" | "float32" {
  if (text === "fp16") return "float16";
  if (text === "fp32") return "float32";
  throw fail("CONVERT_OPTION", { option: "--io", given: text, expected: "fp16 or fp32" });
}

function readDims(pairs: readonly string[]): Map<string, number> {
  const dims = new Map<string, number>();
  for (const [name, length] of pairs.map(readDim)) {
    const before = dims.get(name);
    if (before !== undefined && before !== length)
      throw fail("CONVERT_OPTION", {
        option: "--fix-dim",
        given: `${name}=${before} and ${name}=${length}`,
        expected: "one length for each name",
      });
    dims.set(name, length);
  }
  return dims;
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
