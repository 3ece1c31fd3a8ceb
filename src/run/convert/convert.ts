import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail, isModelyardError } from "../../base/errors/index.ts";
import { openModelSink, openModelSource, type StagedModelSink } from "../../base/node/index.ts";
import type { ModelSink } from "../../base/sinks/index.ts";
import { SIDECARS, TFLITE_METADATA } from "../../model/contract/declared/names.ts";
import type { WriteReport } from "../../model/formats/format.ts";
import { openModel } from "../../model/formats/open.ts";
import { writeModel } from "../../model/formats/write.ts";
import { carryAttachments } from "../../model/graph/carried.ts";
import type { Attachment, Model } from "../../model/graph/graph.ts";
import type { Calibration } from "./calibration.ts";
import type { Changed } from "./change.ts";
import { changesGraph, normOf, type PassChoice } from "./choice.ts";
import { type ContractSource, contractOf } from "./contract.ts";
import type { Brought } from "./lower.ts";
import { checkOutput } from "./output.ts";
import { asWritten, type ConvertReport, measure } from "./report.ts";
import type { Tolerance } from "./verify/compare.ts";
import type { DrawOptions } from "./verify/draws.ts";
import type { VerifyReport } from "./verify/report.ts";

// Passes, verification and the runtime behind both are most of the program: they are loaded where they are asked for.

/** Where there are more nodes, looking for what is wrong with each takes seconds, and who wants to know asks for it. */
const MOST_CHECKED = 100_000;

/** A model on this machine, as opening it tells. */
export interface ConvertSource {
  /** As it was asked for, and where it lies. */
  readonly source: string;
  readonly path: string;
  /** The model file, then the files that hold weights beside it, by names relative to the model's folder. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** The graph as it was read from there; it is not changed, unless it is `spare`. */
  readonly model: Model;
  /** Whether the graph serves for nothing else: it is changed then, where nothing asks for the original, and not read again. */
  readonly spare?: boolean;
  /** For inputs that are made up to verify the result. */
  readonly contract: ContractSource;
  /** Folders besides the file's own whose files belong to the model. */
  readonly found?: { readonly folders: readonly string[] };
}

export interface ConvertOptions extends Omit<PassChoice, "near"> {
  /**
   * With a precision other than "int8": by how much answers may be off at most, ‖a − b‖ / ‖a‖ of each output, on inputs that are made up
   * or given to `verify`. What costs most is then left in float32, or in 8 bits in place of 4.
   * @default whatever the precision gives
   */
  readonly tolerance?: number;
  /**
   * Where weights go: "always" into one file beside the model, "never", "auto": only where it would otherwise be too large
   * for its format.
   * @default "auto"
   */
  readonly external?: "auto" | "always" | "never";
  /** Runs the original and the result on the same inputs and compares, before the result gets its name. */
  readonly verify?: boolean | VerifyChoice;
  readonly signal?: AbortSignal;
  /** What is being done, and for what is written: bytes so far, and of the original in all. */
  onProgress?(stage: ConvertStage, done: number, total: number): void;
}

export type ConvertStage = "read" | "change" | "write" | "verify";

export interface VerifyChoice extends Pick<DrawOptions, "draws" | "seed" | "feeds"> {
  readonly tolerance?: Tolerance;
  /** Whether nothing is to be written where the two cannot be compared. */
  readonly required?: boolean;
}

/**
 * Reads a model, changes its graph as it is told to, and writes it. The file appears under its name when all of it is
 * written and, where that was asked for, verified; until then what was there stays, and a failure leaves nothing behind.
 * @throws CONVERT_*, MODEL_*, FILE_*, RUN_WORKER_DIED, ABORTED
 */
export async function convertModel(
  from: ConvertSource,
  out: string,
  options: ConvertOptions = {},
): Promise<ConvertReport> {
  const { signal, onProgress = () => {} } = options;
  if (options.verify && options.io === "float16")
    throw fail("CONVERT_OPTION", {
      option: "--io",
      given: "fp16, with --verify",
      expected: "fp32 where answers are compared: both models take the same inputs then",
    });
  const folder = dirname(from.path);
  const path = await checkOutput(out, [
    from.path,
    ...from.files.slice(1).map(({ name }) => join(folder, name)),
  ]);
  const bytes = from.files.reduce((sum, file) => sum + file.bytes, 0);
  onProgress("read", 0, bytes);
  signal?.throwIfAborted();
  const original = from.model;
  const before = measure(original, bytes);
  // Passes change what they are given; what is of another format is made anew in any case.
  const isForeign = original.toOnnx !== undefined;
  const isChanged = !isForeign && changesGraph(options);
  const source = isChanged && !takesOriginal(from, options) ? await openModelSource(from.path) : null;
  const choice = choiceOf(from, options);
  try {
    onProgress("change", 0, bytes);
    signal?.throwIfAborted();
    const unsound = isChanged && before.nodes <= MOST_CHECKED ? await looked(original, signal) : [];
    const unchanged = { model: original, changes: [], notes: [], quantized: null };
    const changed: Brought = isForeign
      ? await bring(original, choice)
      : {
          ...(isChanged
            ? await change(source ? await openModel(source, signal) : original, original, choice)
            : unchanged),
          approximations: [],
        };
    const carried = isForeign ? await carry(original, changed.model, signal) : [];
    const sink = await openModelSink(path);
    let verify: VerifyReport | null = null;
    const verified: ModelSink = {
      ...counted(sink, (done) => onProgress("write", done, bytes)),
      async commit() {
        if (options.verify) {
          onProgress("verify", 0, bytes);
          verify = await check(from, sink, options);
        }
        await sink.commit();
      },
    };
    const { external = "auto" } = options;
    const written = await writeModel(changed.model, verified, { external, ...(signal ? { signal } : {}) });
    const size = written.files.reduce((sum, file) => sum + file.bytes, 0);
    return {
      source: from.source,
      from: from.path,
      path,
      format: written.format,
      files: written.files,
      external: written.external,
      before,
      after: asWritten(
        isChanged || isForeign ? measure(changed.model, size) : { ...before, bytes: size },
        written.lifted,
      ),
      changes: changed.changes,
      approximations: changed.approximations,
      quantized: changed.quantized,
      notes: [
        ...new Set([
          ...unsound,
          ...changed.notes,
          ...carried,
          ...written.notes,
          ...left(from, path, written),
          ...(await staying(from, path)),
        ]),
      ],
      verify,
    };
  } finally {
    await source?.close();
  }
}

/** What is compared with the original, and what learns from its inputs, reads of it what passes would have changed. */
function takesOriginal({ spare = false }: ConvertSource, options: ConvertOptions): boolean {
  return spare && !options.verify && options.precision === undefined && options.tolerance === undefined;
}

/** Options of the passes, with what those need to know of the model. */
type Choice = PassChoice & Pick<ConvertOptions, "signal">;

function choiceOf({ contract }: ConvertSource, options: ConvertOptions): Choice {
  const { tolerance, verify } = options;
  if (tolerance === undefined) return options;
  const feeds = typeof verify === "object" ? verify.feeds : undefined;
  return { ...options, near: { tolerance, contract, ...(feeds ? { feeds } : {}) } };
}

async function looked(model: Model, signal: AbortSignal | undefined): Promise<string[]> {
  const { soundnessNotes } = await import("./soundness.ts");
  return soundnessNotes(model, signal);
}

async function change(model: Model, original: Model, choice: Choice): Promise<Changed> {
  const [{ changeModel }, { passesFor }] = await Promise.all([import("./change.ts"), import("./passes.ts")]);
  return changeModel(model, passesFor(original, choice), choice.signal);
}

async function bring(model: Model, { signal, ...choice }: Choice): Promise<Brought> {
  const { bringToOnnx } = await import("./lower.ts");
  return bringToOnnx(model, choice, signal);
}

/** @throws CONVERT_VERIFY_FAILED, CONVERT_NOT_LOADED, CONVERT_PRECISION_FAILED, CONVERT_UNVERIFIED */
async function check(
  from: ConvertSource,
  sink: StagedModelSink,
  { verify, precision, calibrate, tolerance, signal }: ConvertOptions,
): Promise<VerifyReport> {
  const { firstText, refusedNode, verifyModels } = await import("./verify/index.ts");
  const { required = false, ...asked } = typeof verify === "object" ? verify : {};
  // What was calibrated is good for what it was calibrated with, and not for noise.
  const feeds = calibrate && !asked.feeds ? await firstOf(calibrate, signal) : undefined;
  const choice = feeds ? { ...asked, feeds } : asked;
  // What was written is read again, so that the file is verified and not what we believe to have written.
  const staged = await openModelSource(sink.staged);
  try {
    const result = { path: sink.staged, model: await openModel(staged, signal) };
    const report = await verifyModels(from, result, {
      contract: await contractOf(from.contract),
      ...(precision === undefined
        ? {}
        : { tolerance: { absolute: 0, relative: 0, norm: tolerance ?? normOf(precision, calibrate) } }),
      ...choice,
      ...(signal ? { signal } : {}),
    });
    const { failure } = report;
    if (failure) {
      const { problem, refusal } = failure;
      if (refusal !== undefined) {
        const place = refusedNode(refusal);
        throw fail("CONVERT_NOT_LOADED", { problem: refusal }, place === null ? {} : { where: place });
      }
      const at = failure.first ? { where: `node ${failure.first.node.name || failure.first.node.op}` } : {};
      const found = { problem, first: firstText(failure) };
      if (precision !== undefined) throw fail("CONVERT_PRECISION_FAILED", { precision, ...found }, at);
      throw fail("CONVERT_VERIFY_FAILED", found, at);
    }
    if (required && !report.verified) {
      throw fail("CONVERT_UNVERIFIED", {
        reason: (report.reason ?? "nothing was compared").replace(/\.$/, ""),
      });
    }
    return report;
  } finally {
    await staged.close();
  }
}

async function firstOf({ samples }: Calibration, signal: AbortSignal | undefined) {
  for await (const { feeds } of samples(signal)) return feeds;
  return undefined;
}

/** A sink that tells how many bytes were written. */
function counted(sink: ModelSink, tell: (done: number) => void): ModelSink {
  let done = 0;
  const watch = async (opening: ReturnType<ModelSink["main"]>) => {
    const inner = await opening;
    return {
      name: inner.name,
      get position() {
        return inner.position;
      },
      async write(bytes: Uint8Array) {
        await inner.write(bytes);
        done += bytes.byteLength;
        tell(done);
      },
    };
  };
  return { ...sink, main: () => watch(sink.main()), beside: (name) => watch(sink.beside(name)) };
}

/** What a conversion onto itself leaves over. */
function left(from: ConvertSource, path: string, written: WriteReport): string[] {
  if (from.path !== path) return [];
  const names = new Set(written.files.map(({ name }) => name));
  return from.files
    .filter(({ name }) => !names.has(name))
    .map(({ name }) => `${name} is not needed any more`);
}

/** What a file of another format says of its tensors, and the files packed into it, go along; what the runtime wants of it does not. */
async function carry(original: Model, result: Model, signal: AbortSignal | undefined): Promise<string[]> {
  const { attachments = [] } = original;
  const notes: string[] = [];
  const told: Attachment[] = [];
  for (const each of attachments.filter(tells)) {
    const problem = await problemOf(each, signal);
    if (problem === null) told.push(each);
    else notes.push(`${each.name} in the original does not go along, since it cannot be read: ${problem}`);
  }
  if (await carryAttachments(result, told, signal)) return notes;
  const bytes = told.reduce((sum, { content }) => sum + content.byteLength, 0);
  return [
    ...notes,
    `the original carries ${told.length} descriptions and files of ${bytes} bytes in all, which is too much to go along: what its tensors mean is left behind`,
  ];
}

/** A model runs without its labels. */
async function problemOf({ content }: Attachment, signal: AbortSignal | undefined): Promise<string | null> {
  try {
    await content.read(signal);
    return null;
  } catch (error) {
    if (!isModelyardError(error) || !error.code.startsWith("MODEL_ZIP_")) throw error;
    return error.message;
  }
}

function tells({ kind, name }: Attachment): boolean {
  return kind === "file" || name === TFLITE_METADATA;
}

/** What says what the tensors mean lies beside the original, and nobody would look for it there. */
async function staying({ path: main, found }: ConvertSource, path: string): Promise<string[]> {
  const folders = [...new Set([dirname(main), ...(found?.folders ?? [])])];
  const target = await realpath(dirname(path));
  const names = new Set<string>();
  for (const folder of folders) {
    if ((await realpath(folder)) === target) continue;
    for (const name of SIDECARS) {
      const info = await stat(join(folder, name)).catch(() => null);
      if (info?.isFile()) names.add(name);
    }
  }
  if (names.size === 0) return [];
  return [
    `${[...names].join(", ")} ${names.size === 1 ? "stays" : "stay"} beside the original: copy what says what the result's tensors mean`,
  ];
}
