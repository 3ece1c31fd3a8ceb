import { dirname } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { constantTensors } from "../../model/contract/constants.ts";
import type { ModelFile } from "../../model/contract/contract.ts";
import type { Signature, Tensors } from "../../model/tensor/tensor.ts";
import type { Runnable } from "../convert/runnable.ts";
import {
  artefactOf,
  type CodecOrder,
  type DeviceChoice,
  type Isolation,
  type OpenedArtefact,
  openStream,
  type RunOptions,
  type Session,
  type SessionOptions,
  type Stream,
  sessionOver,
} from "../runtime/index.ts";
import { checkOptions } from "../tasks/inputs.ts";
import type { Task, TaskContext, TaskEvent, TaskInput, TaskSession, TaskStream } from "../tasks/task.ts";
import { checkBounds, narrow } from "./bounds.ts";
import { afterFailure, deviceOf, ON_PROCESSOR } from "./device.ts";
import { knownInputs, stateSpec } from "./known.ts";
import type { KnownModel } from "./open.ts";
import { openPlace, type SharedWith } from "./open-place.ts";
import type { ResidentAs } from "./place.ts";

/** A model that answers: the file as opened, its session, and its task. */
export interface LoadedModel<Opened extends KnownModel = KnownModel> {
  readonly opened: Opened;
  /** With what the module beside the model makes of its inputs and answers. */
  readonly task: Task;
  readonly session: Session;
  /** What answers for it and perhaps for others, who share it. */
  readonly base: Session;
  /** Why it runs where it does. */
  readonly choice: DeviceChoice;
  /** As the runtime reports it; what config.pbtxt fixes or leaves out is so. */
  readonly signature: Signature;
  readonly stateful: boolean;
  /** @throws RUN_ROWS, RUN_INPUT_SHAPE for more than was declared, and what Session.run throws */
  infer(feeds: Tensors, options?: RunOptions): Promise<Tensors>;
  /** See Session; null where the model has states or no codec was given. */
  readonly exchange: Session["exchange"] | null;
  /** @throws MODEL_STATELESS; its frames throw as `infer` does */
  stream(): Stream;
  predict(
    input: TaskInput,
    signal?: AbortSignal,
    parameters?: Readonly<Record<string, unknown>>,
  ): AsyncGenerator<TaskEvent, void, void>;
  /** A stream of which inputs as `predict` takes them are the frames; null where each input is answered by itself. */
  follow(): TaskStream | null;
  /** Whether its weights are in memory; where they are not, the next request loads them. */
  isLoaded(): boolean;
  /** What the runtime is given, unless an artefact stands in for it. */
  readonly runnable: Runnable;
  /**
   * Lets the compiled model take over. Requests go on meanwhile.
   * @throws RUN_LOAD_FAILED and what else openSession throws; then the one before goes on
   */
  use(compiled: OpenedArtefact): Promise<void>;
  close(): Promise<void>;
}

export interface LoadOptions {
  device?: string;
  /** In place of `device`: what it was decided to be. */
  choice?: DeviceChoice;
  /** Folder in which is kept what "auto" finds out about devices. */
  cache?: string;
  /** In place of what model.yaml says. */
  isolation?: Isolation;
  signal?: AbortSignal;
  /** Task options by name, e.g. `{ top: 3 }`. */
  options?: Record<string, unknown>;
  /** What is said here goes before what model.yaml says. */
  serving?: ModelFile["serving"];
  /** A protocol that the session speaks, unless the model has states: those are carried outside it. */
  codec?: CodecOrder;
  /** The model as it was compiled for this machine. */
  artefact?: OpenedArtefact;
  /** See SessionOptions. */
  onNarrowRefused?(reason: string): void;
  /** Sees everything that the session is given, states and constants included, before it is run. */
  watch?(feeds: Tensors): void;
  /**
   * Milliseconds after which a run that a task asks for is given up, each for itself: where it still waits, and where the model has a
   * process of its own, also where it goes on. @default none
   */
  runMs?: number;
  /** Lets the model come into memory when it is asked, under a budget. */
  resident?: ResidentAs;
  /** Lets it share a session with others of the same bytes. */
  shared?: SharedWith;
  /** What the module beside the model prints, and what a person may want to know of it. */
  onNote?(note: string): void;
}

/** Loads the weights into a session. The opened file is closed together with it, or at once where loading fails. */
export async function loadOpened<Opened extends KnownModel>(
  opened: Opened,
  options: LoadOptions = {},
): Promise<LoadedModel<Opened>> {
  try {
    return await load(opened, options);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function load<Opened extends KnownModel>(
  opened: Opened,
  options: LoadOptions,
): Promise<LoadedModel<Opened>> {
  const { contract, file } = opened;
  const states = Object.values(contract.states).map((state) => stateSpec(state, opened.signature));
  const task = await opened.task.load();
  // A module is given all options, and may have some of its own.
  const hasOwnOptions = opened.found.module !== undefined;
  if (!hasOwnOptions) checkOptions(task, options.options ?? {});
  const serving = { ...file.serving, ...options.serving };
  const { labels, lists } = await opened.words();
  const constants = constantTensors(contract, opened.signature);
  const codec = states.length === 0 ? options.codec : undefined;
  const runnable = await opened.runnable(options.signal);
  const artefact = options.artefact ?? (await artefactOf(runnable.path));
  const asked = options.choice?.device ?? options.device ?? serving.device ?? "auto";
  const isolation = options.isolation ?? serving.isolation;
  if (artefact !== null && !["auto", "cpu"].includes(asked)) {
    const folder = dirname(artefact.path);
    throw fail("ARTEFACT_FOREIGN", { folder, what: "device", made: "cpu", here: asked }, { where: folder });
  }
  let choice = options.choice ?? (artefact ? ON_PROCESSOR : await deviceOf(asked, opened, runnable, options));
  // Once: under a budget it may come and go many times.
  let toldOfOriginal = false;
  const sessionOptions: SessionOptions = {
    ...fileOf(runnable, artefact),
    states,
    known: knownInputs(opened),
    batch: serving.max_batch ?? "probe",
    device: choice.device,
    ...(serving.instances === undefined ? {} : { instances: serving.instances }),
    ...(serving.threads === undefined ? {} : { threads: serving.threads }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(codec === undefined ? {} : { codec: { ...codec, constants } }),
    ...(options.onNarrowRefused ? { onNarrowRefused: options.onNarrowRefused } : {}),
    onOriginal: ({ message }) => {
      if (toldOfOriginal) return;
      toldOfOriginal = true;
      options.onNote?.(
        `${opened.name} is loaded from its own file, slower, until it is compiled anew: ${message}`,
      );
    },
  };
  const module = opened.found.module
    ? await (await import("./modules/module.ts")).openModule(opened, task, labels, options.onNote)
    : null;
  const open = (device: string) => openPlace(opened, { ...sessionOptions, device }, artefact, options);
  const place = await open(choice.device)
    .catch((error: unknown) => {
      const other = afterFailure(choice, error);
      if (other === null) throw error;
      choice = other;
      return open(choice.device);
    })
    .catch(async (error: unknown) => {
      await module?.close();
      throw error;
    });
  const session = options.watch ? watched(place.session, options.watch) : place.session;
  const hasConstants = Object.keys(constants).length > 0;
  const signature = narrow(session.signature, opened.signature);
  const check = checkBounds(session.signature, signature, { model: opened.name, rows: serving.max_batch });
  const infer = async (feeds: Tensors, runOptions?: RunOptions) => {
    check(feeds);
    return session.run(hasConstants ? { ...constants, ...feeds } : feeds, runOptions);
  };
  const stream = (): Stream => {
    if (states.length === 0) throw fail("MODEL_STATELESS", { name: opened.source });
    const inner = openStream(session, states);
    return {
      run: async (feeds, runOptions) => {
        check(feeds);
        return inner.run({ ...constants, ...feeds }, runOptions);
      },
      get frames() {
        return inner.frames;
      },
    };
  };
  const main = withinTime({ signature, run: infer, stream }, options.runMs);
  const context: TaskContext = {
    contract,
    sessions: { main },
    labels,
    lists,
    options: options.options ?? {},
  };
  const contextWith = (parameters: Readonly<Record<string, unknown>> = {}): TaskContext => {
    if (Object.keys(parameters).length === 0) return context;
    if (!hasOwnOptions) checkOptions(task, parameters);
    return { ...context, options: { ...context.options, ...parameters } };
  };
  const answering = module?.task ?? task;
  // Bodies in a dialect are those of a task, and codecs know none but that of named tensors.
  const isPlain = !module && task.id === "tensors";
  return {
    opened,
    task: answering,
    session,
    base: place.base,
    choice,
    signature,
    stateful: states.length > 0,
    infer,
    exchange:
      codec === undefined
        ? null
        : (body, asked) =>
            asked?.dialect && !isPlain ? Promise.resolve(null) : session.exchange(body, asked),
    stream,
    predict: (input, signal, parameters) => answering.run(contextWith(parameters), input, signal),
    follow: () => answering.follow?.(context) ?? null,
    isLoaded: place.isLoaded,
    runnable,
    async use(compiled) {
      const { batching } = session;
      const { signal: _, ...lasting } = sessionOptions;
      await place.move(
        { ...lasting, device: choice.device, ...fileOf(runnable, compiled), batch: batching },
        compiled,
      );
    },
    close: async () => {
      await session.close();
      await module?.close();
      await opened.close();
    },
  };
}

/** Gives each run that has no deadline one of its own. */
function withinTime(session: TaskSession, runMs: number | undefined): TaskSession {
  if (runMs === undefined) return session;
  const within = (options?: RunOptions): RunOptions => ({ deadline: Date.now() + runMs, ...options });
  return {
    signature: session.signature,
    run: (feeds, options) => session.run(feeds, within(options)),
    stream() {
      const inner = session.stream();
      return { run: (feeds, options) => inner.run(feeds, within(options)) };
    },
  };
}

/** A session of which somebody sees what it is given, and may keep it. */
function watched(session: Session, watch: (feeds: Tensors) => void): Session {
  const run: Session["run"] = (feeds, options) => {
    watch(feeds);
    return session.run(feeds, { ...options, take: false });
  };
  return sessionOver(() => session, { run });
}

/** An artefact is optimised already, and the runtime must not do it again; those who load it share its weights, but for the graph's. */
function fileOf({ path, size, weights }: Runnable, artefact: OpenedArtefact | null) {
  if (artefact === null) return { path, size, weights };
  const isSame = artefact.path === path;
  return {
    path: artefact.path,
    optimize: false,
    weights: artefact.artefact.files[0]?.bytes ?? 0,
    ...(isSame ? {} : { original: { path, size, weights } }),
  };
}
