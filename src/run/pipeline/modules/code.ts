import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fail, fromPlainError, type PlainError } from "../../../base/errors/index.ts";
import { type End, ModuleThread } from "./thread.ts";
import type { Answered, Call, Loaded, Thrown } from "./worker/messages.ts";

/** Milliseconds that a function of a module may take where nobody says otherwise. */
export const DEFAULT_DEADLINE_MS = 30_000;
/** Milliseconds in which a module is to be loaded, whatever its functions may take. */
const LOAD_MS = 30_000;
/** Threads of one module: more than a few only wait for the processors. On one processor too, who hangs is not all that there is. */
const MIN_THREADS = 2;
const MAX_THREADS = 4;
/** MiB that a module may hold: far more than pictures on their way need, far less than machines have. */
const MAX_MIB = 512;
/** A thread that holds so much of that after a call leaks, or is about to be ended in the middle of one: it is replaced between two. */
const REPLACE_PART = 0.75;

export interface CodeOptions {
  /** Given to every call as part of its context. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** @default 30,000 */
  readonly deadlineMs?: number;
  /** MiB that each of its threads may hold, of JavaScript's heap and of buffers beside it. @default 512 */
  readonly limitMib?: number;
  /** What the module prints, and what a person who runs it may want to know. */
  onNote?(note: string): void;
}

/** A module that was loaded: functions of a person's file, in threads that can be ended. */
export interface Code {
  readonly file: string;
  /** Names of the functions that it exports. */
  readonly functions: readonly string[];
  /** From now on, the module is of no use without this function. @throws MODULE_EXPORT where there is none */
  demand(name: string): void;
  /**
   * @param where for messages: the step
   * @throws MODULE_FAILED with the module's own error as cause, MODULE_HANGS, MODULE_MEMORY, MODULE_ENDED, MODULE_SHAPE where the
   * value cannot leave a thread, ABORTED, and coded errors of Modelyard's functions that the module called
   */
  call(name: string, input: unknown, context: Call["context"], signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

interface Seat {
  readonly thread: ModuleThread;
  busy: boolean;
}

/**
 * Loads a module in a thread of its own.
 * @throws MODULE_LOAD, MODULE_HANGS, MODULE_MEMORY
 */
export async function openCode(file: string, options: CodeOptions = {}): Promise<Code> {
  const { fixed = {}, deadlineMs = DEFAULT_DEADLINE_MS, limitMib = MAX_MIB } = options;
  const name = basename(file);
  const print = (text: string) => {
    for (const line of text.split("\n")) if (line !== "") options.onNote?.(`${name}: ${line}`);
  };
  const needed = new Set<string>();
  const seats = new Set<Seat>();
  const queue: (() => void)[] = [];
  const most = Math.min(MAX_THREADS, Math.max(MIN_THREADS, availableParallelism()));

  const startSeat = async (): Promise<{ seat: Seat; exported: Exported }> => {
    const seat: Seat = { thread: new ModuleThread(file, fixed, print, limitMib), busy: true };
    seats.add(seat);
    try {
      const loaded = await within(seat.thread.loaded, LOAD_MS, () => hangs("Loading", LOAD_MS));
      const exported = exportedBy(loaded, name, limitMib);
      for (const each of needed) checkExported(exported, name, each);
      return { seat, exported };
    } catch (error) {
      await leave(seat);
      throw error;
    }
  };
  const leave = async (seat: Seat): Promise<void> => {
    seats.delete(seat);
    queue.shift()?.();
    await seat.thread.stop();
  };
  const take = async (signal?: AbortSignal): Promise<Seat> => {
    for (;;) {
      if (signal?.aborted) throw fail("ABORTED", {});
      for (const seat of seats) {
        if (seat.busy || !seat.thread.isAlive) continue;
        seat.busy = true;
        return seat;
      }
      if (seats.size < most) return (await startSeat()).seat;
      await new Promise<void>((resolve) => queue.push(resolve));
    }
  };
  const run = async (seat: Seat, fn: string, input: unknown, context: Call["context"]) => {
    let answered: Answered | End;
    try {
      answered = await within(seat.thread.call(fn, input, context), deadlineMs, () => hangs(fn));
    } catch (error) {
      // It may never come back: the thread is ended, and the next call gets another one.
      await leave(seat);
      throw isCloneError(error) ? unsendable(fn, name, error.message) : error;
    }
    if ("reason" in answered) await leave(seat);
    else if (answered.held > REPLACE_PART * limitMib * 2 ** 20) {
      const held = Math.round(answered.held / 2 ** 20);
      options.onNote?.(`${name} holds ${held} MiB after ${fn}, and its thread is replaced`);
      await leave(seat);
    } else {
      seat.busy = false;
      queue.shift()?.();
    }
    return answered;
  };
  const hangs = (call: string, limit = deadlineMs) => fail("MODULE_HANGS", { call, file: name, limit });

  const first = await startSeat();
  first.seat.busy = false;
  const { exported } = first;
  return {
    file,
    functions: exported.functions,
    demand(fn) {
      checkExported(exported, name, fn);
      needed.add(fn);
    },
    async call(fn, input, context, signal) {
      const seat = await take(signal);
      // Whoever asked may go; the seat is free again when the call has ended.
      const answered = await unlessAborted(run(seat, fn, input, context), signal);
      if ("reason" in answered) throw ended(answered, fn, name, limitMib);
      if (answered.thrown) throw thrown(answered.thrown, fn, name);
      if (answered.unsendable !== undefined) throw unsendable(fn, name, answered.unsendable);
      return answered.value;
    },
    async close() {
      await Promise.all([...seats].map((seat) => seat.thread.stop()));
      seats.clear();
    },
  };
}

type Exported = Extract<Loaded, { functions: unknown }>;

function exportedBy(loaded: Loaded | End, file: string, limitMib: number): Exported {
  if ("reason" in loaded) throw ended(loaded, "Loading", file, limitMib);
  if ("thrown" in loaded) {
    const { message } = loaded.thrown;
    throw fail("MODULE_LOAD", { file, problem: oneLine(message) }, { cause: asError(loaded.thrown) });
  }
  return loaded;
}

function checkExported({ functions, others }: Exported, file: string, wanted: string): void {
  if (functions.includes(wanted)) return;
  const found = others.includes(wanted)
    ? `${wanted}, which is no function`
    : [...functions, ...others].join(", ") || "nothing";
  throw fail("MODULE_EXPORT", { file, found, wanted: `a function ${wanted}` });
}

function ended({ reason, problem, stack }: End, call: string, file: string, limit: number): Error {
  if (reason === "memory") return fail("MODULE_MEMORY", { call, file, limit });
  const cause = stack === undefined ? {} : { cause: asError({ message: problem, stack }) };
  return fail("MODULE_ENDED", { call, file, problem: oneLine(problem) }, cause);
}

function thrown({ message, stack, coded }: Thrown, call: string, file: string): Error {
  if (coded) return fromPlainError(coded as unknown as PlainError);
  const cause = asError({ message, stack });
  return fail("MODULE_FAILED", { call, file, problem: oneLine(message) }, { cause });
}

function unsendable(call: string, file: string, problem: string): Error {
  const found = `what cannot leave its thread (${oneLine(problem)})`;
  return fail("MODULE_SHAPE", { call, file, found, place: "at the top", wanted: "plain data" });
}

function isCloneError(error: unknown): error is Error {
  return error instanceof Error && error.name === "DataCloneError";
}

function asError({ message, stack }: Thrown): Error {
  const error = new Error(message);
  error.stack = stack;
  return error;
}

/** The rest of a message, such as a frame of code, is in the log. */
function oneLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

/** The answer, unless it takes too long. */
async function within<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(fail("ABORTED", {}));
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
    // What it ends with after that is nobody's business.
    work.catch(() => {});
  }
}
