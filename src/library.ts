import { fail } from "./base/errors/index.ts";
import type { Contract } from "./model/contract/contract.ts";
import type { Signature, Tensors } from "./model/tensor/tensor.ts";
import type { Calibration, CalibrationMethod, ConvertOptions, ConvertReport } from "./run/convert/index.ts";
import type { LoadedModel, OpenedModel } from "./run/pipeline/index.ts";
import type { RunOptions, Stream } from "./run/runtime/session.ts";
import type { TaskInput } from "./run/tasks/task.ts";

/** Loaded with the first call: a module of a pipeline, which may only want `cropRegions`, imports this package in each of its threads. */
const pipelines = () => import("./run/pipeline/index.ts");

/** What `predict` answers, by task. */
export interface Answers {
  "image-classification": { classes: { label: string; score: number }[] };
  "object-detection": {
    boxes: {
      label: string;
      score: number;
      box: { xmin: number; ymin: number; xmax: number; ymax: number };
      keypoints?: { label: string; x: number; y: number }[];
    }[];
  };
  "image-segmentation": { mask: { label: string; score: number | null; mask: string }[] };
  "audio-classification": { classes: { label: string; score: number }[] };
  "text-classification": { classes: { label: string; score: number }[] };
  "text-detection": {
    text: {
      score: number;
      box: { xmin: number; ymin: number; xmax: number; ymax: number };
      corners: [x: number, y: number][];
    }[];
  };
  "text-recognition": { text: string; score: number };
  "voice-activity-detection": { segments: { start: number; end: number }[]; frames: number[] };
  tensors: Record<string, { dtype: string; shape: number[]; data: unknown[] }>;
}

/** A file's bytes, its base64, or pixels of 0 to 255 as rows: `[height][width]` or `[height][width][channels]`. */
export type PictureInput = Uint8Array | string | readonly unknown[];
/** Bytes of a WAV file, its base64, or samples of -1 to 1 at the model's own rate. */
export type SoundInput = Uint8Array | string | readonly number[];

/** What `predict` takes, by task. */
export interface Inputs {
  "image-classification": { image: PictureInput };
  "object-detection": { image: PictureInput };
  "image-segmentation": { image: PictureInput };
  "text-detection": { image: PictureInput };
  "text-recognition": { image: PictureInput };
  "audio-classification": { audio: SoundInput };
  "voice-activity-detection": { audio: SoundInput };
  "text-classification": { text: string };
  tensors: Record<string, unknown>;
}

/** Any task's answer, where the caller does not say which task it is. */
export type AnyAnswer = Partial<
  Answers["image-classification"] & Answers["text-recognition"] & Answers["voice-activity-detection"]
> &
  Record<string, unknown>;

export interface OpenOptions {
  /** Where fetched models are kept. @default $MODELYARD_CACHE or the XDG cache folder */
  cache?: string;
  /** Refuse any other file. */
  sha256?: string;
  signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

export interface LoadOptions extends OpenOptions {
  /** "cpu", "webgpu", "cuda", "coreml" or "directml"; "auto" tries those that are there. docs/devices.md @default "auto" */
  device?: string;
  /** Options of the task, e.g. `{ top: 3 }`. */
  options?: Record<string, unknown>;
}

export interface ConvertFileOptions extends Omit<ConvertOptions, "calibrate"> {
  /** Of "int8": a folder of inputs of real use, one a file, as `predict` takes them; or what makes them. */
  readonly calibrate?: string | Calibration;
  /** How ranges are learnt of the files of a folder. @default "minmax" */
  readonly calibration?: CalibrationMethod;
}

/** A model file whose header was read. */
export interface OpenedFile extends AsyncDisposable {
  readonly signature: Signature;
  readonly contract: Contract;
  /** One sentence: what goes in and what comes out. */
  readonly summary: string;
  /** Id of the task that fits; "tensors" where none does. */
  readonly task: string;
  /** Where the file lies on this machine. */
  readonly path: string;
  /**
   * Writes the model to another file, changed as the options say; nothing lies there before all of it is written and, where
   * asked for, verified.
   * @throws CONVERT_*, MODEL_*, FILE_*
   */
  convert(out: string, options?: ConvertFileOptions): Promise<ConvertReport>;
  close(): Promise<void>;
}

/** A model that answers. */
export interface Model<T extends keyof Answers | undefined = undefined> extends AsyncDisposable {
  readonly signature: Signature;
  readonly contract: Contract;
  readonly summary: string;
  readonly task: string;
  /**
   * The task's answer to one input, under its kind, `{ image: bytes }`, `{ audio: bytes }`, `{ text: "…" }`, or, where the caller
   * does not say which task it is, the contract's own name for it; for models without a task, named tensors or nested lists.
   */
  predict(
    input: T extends keyof Inputs ? Inputs[T] : Record<string, unknown>,
    options?: { signal?: AbortSignal },
  ): Promise<T extends keyof Answers ? Answers[T] : AnyAnswer>;
  /**
   * The task's answer as a server gives it, to one value as it stands: a file's bytes, a text, pixels, or anything that JSON holds.
   * What `pipe` asks.
   */
  answer(value: unknown, options?: { signal?: AbortSignal }): Promise<unknown>;
  /** Of the file or the folder; what `pipe` calls the step. */
  readonly name: string;
  /** Named tensors in, named tensors out. */
  run(feeds: Tensors, options?: RunOptions): Promise<Tensors>;
  /** A stream of a stateful model. @throws MODEL_STATELESS */
  stream(): Stream;
  close(): Promise<void>;
}

/**
 * Opens a model for looking at it; only its header is read.
 * @param source a file, a folder that holds one model, `https:…`, or `npm:package@version/path`
 * @throws coded errors: FILE_*, HUB_*, MODEL_*, CONTRACT_*
 */
export async function open(source: string, options: OpenOptions = {}): Promise<OpenedFile> {
  const { openSource } = await import("./run/pipeline/open.ts");
  const opened = await openSource(source, options);
  const { signature, contract, summary, task, path, close } = opened;
  return {
    signature,
    contract,
    summary,
    task: task.id,
    path,
    async convert(out, { calibrate, calibration, ...choice } = {}) {
      const { convertModel } = await import("./run/convert/index.ts");
      if (calibrate === undefined) return convertModel(opened, out, choice);
      if (typeof calibrate !== "string") return convertModel(opened, out, { ...choice, calibrate });
      const { calibrationOf } = await import("./run/pipeline/calibration.ts");
      const folder = calibrationOf(opened, calibrate);
      const method = calibration ? { method: calibration } : {};
      return convertModel(opened, out, { ...choice, calibrate: { ...folder, ...method } });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Loads a model into a worker thread.
 * @throws as `open`, and RUN_* when the runtime refuses it
 */
export async function load<T extends keyof Answers | undefined = undefined>(
  source: string,
  options: LoadOptions = {},
): Promise<Model<T>> {
  const { inputOf, loadOpened, openSource } = await pipelines();
  const opened = await openSource(source, options);
  const loaded = await loadOpened(opened, options);
  const { contract, summary, task } = opened;
  return {
    signature: loaded.signature,
    contract,
    summary,
    task: task.id,
    predict: async (input, { signal } = {}) => {
      const answer = await lastAnswer(loaded, toTaskInput(opened, input), signal);
      return named(opened, answer) as never;
    },
    name: opened.name,
    answer: (value, { signal } = {}) => lastAnswer(loaded, inputOf(value), signal),
    run: (feeds, options) => loaded.infer(feeds ?? {}, options),
    stream: loaded.stream,
    close: loaded.close,
    [Symbol.asyncDispose]: loaded.close,
  };
}

async function lastAnswer(
  model: Pick<LoadedModel, "predict">,
  input: TaskInput,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  let answer: unknown;
  for await (const event of model.predict(input, signal)) if (event.type === "answer") answer = event.value;
  return answer;
}

/** A pipeline that answers. */
export interface Pipeline extends AsyncDisposable {
  readonly name: string;
  /** JSON Schema of the answer. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** The answer to one value as it stands: a file's bytes, a text, or anything that JSON holds. */
  answer(value: unknown, options?: { signal?: AbortSignal }): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * Loads a pipeline: its functions and its models, each in threads of their own.
 * @param folder the one with pipeline.yaml
 * @throws FILE_NOT_FOUND, PIPELINE_*, MODULE_*, and as `load`, with the step in `where`
 */
export async function loadPipeline(folder: string, options: LoadOptions = {}): Promise<Pipeline> {
  const { findPipeline, inputOf, loadPipeline: openFolder } = await pipelines();
  const found = await findPipeline(folder);
  if (!found) throw fail("FILE_NOT_FOUND", { path: `${folder}/pipeline.yaml` });
  const loaded = await openFolder(found, options);
  return {
    name: loaded.name,
    schema: loaded.answer,
    answer: (value, { signal } = {}) => lastAnswer(loaded, inputOf(value), signal),
    close: loaded.close,
    [Symbol.asyncDispose]: loaded.close,
  };
}

/** One input of bytes or text goes to the task as it is; anything else is a value for it to read. */
function toTaskInput(opened: OpenedModel, input: Record<string, unknown>): TaskInput {
  // Who writes no TypeScript may give anything: the task says what it takes.
  if (typeof input !== "object" || input === null) return { kind: "json", value: input };
  const { inputs } = opened.contract;
  const values = Object.entries(input);
  const [only] = values;
  const isNamed = only && (Object.hasOwn(inputs, only[0]) || isOnlyOfKind(inputs, only[0]));
  if (values.length === 1 && only && isNamed && opened.task.id !== "tensors") {
    const value = only[1];
    if (value instanceof Uint8Array) return { kind: "bytes", bytes: value };
    if (typeof value === "string") return { kind: "text", text: value };
    return { kind: "json", value };
  }
  return { kind: "json", value: input };
}

/** Whoever knows the task and not the contract calls the input by its kind. */
function isOnlyOfKind(inputs: Contract["inputs"], name: string): boolean {
  return Object.values(inputs).filter(({ kind }) => kind === name).length === 1;
}

/** A list takes the name of the contract's output; an answer with names of its own stands as it is. */
function named(opened: OpenedModel, answer: unknown): unknown {
  if (!Array.isArray(answer)) return answer;
  return { [Object.keys(opened.contract.outputs)[0] ?? "answer"]: answer };
}
