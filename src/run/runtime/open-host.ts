import { access } from "node:fs/promises";
import { dirname } from "node:path";
import { fail, isModelyardError } from "../../base/errors/index.ts";
import type { Batching } from "./batching.ts";
import { checkArtefact } from "./compiled/artefact.ts";
import { availableCpus } from "./host/cpus.ts";
import { Host, type Plan } from "./host/host.ts";
import type { NarrowPlan } from "./host/narrow.ts";
import { CPU } from "./providers/cpu.ts";
import { pickProvider } from "./providers/table.ts";
import type { Session, SessionOptions } from "./session.ts";
import { isOptimized } from "./size.ts";
import type { LoadOrder, RuntimeOptions } from "./worker/messages.ts";

/** Enough that nobody meets it by accident; a request beyond waits longer than its caller does. */
const DEFAULT_QUEUE = 1024;
/** Limits of what a person may ask for: each instance is a thread with a copy of the weights. */
const MAX_INSTANCES = 64;
const MAX_THREADS = 1024;
const MAX_ROWS = 65_536;
const MAX_QUEUE = 1_048_576;
/** What a process takes before it has a model: Node and the runtime's code, of which processes share some. */
const PROCESS_BYTES = 64e6;

/** Shared by all threads of this process whose device takes turns. */
const TURNS = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/**
 * Loads a model into worker threads, or processes of their own, on a device that is there.
 * @throws FILE_NOT_FOUND, RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED (an input that cannot be fed), RUN_DEVICE_UNKNOWN,
 * RUN_OPTION, RUN_GRAPH_TOO_LARGE, RUN_WORKER_DIED, ABORTED
 */
export async function openHost(given: SessionOptions): Promise<Session> {
  const options = await withWhatIsThere(given);
  const { path, signal } = options;
  const plan = makePlan(options);
  await access(path).catch((cause: unknown) => {
    throw fail("FILE_NOT_FOUND", { path }, { cause });
  });
  const host = new Host(plan);
  let stop: (() => void) | undefined;
  try {
    await Promise.race([
      host.open(),
      new Promise((_, reject) => {
        // The runtime cannot stop loading: the caller does not wait for it, the thread ends afterwards.
        stop = () => reject(fail("ABORTED", {}));
        if (signal?.aborted) stop();
        signal?.addEventListener("abort", stop, { once: true });
      }),
    ]);
    return host;
  } catch (error) {
    void host.close();
    throw error;
  } finally {
    if (stop !== undefined) signal?.removeEventListener("abort", stop);
  }
}

/** The artefact, where it is whole, or the original in its place. */
async function withWhatIsThere(options: SessionOptions): Promise<SessionOptions> {
  const { original, ...others } = options;
  if (original === undefined) return options;
  try {
    await checkArtefact(dirname(options.path));
    return options;
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    options.onOriginal?.(error);
    return { ...others, ...original, optimize: true };
  }
}

function makePlan(options: SessionOptions): Plan {
  const { isolation = "thread" } = options;
  if (isolation !== "thread" && isolation !== "process")
    throw fail("RUN_OPTION", { option: "isolation", given: isolation, expected: "thread or process" });
  const provider = pickProvider(options.device ?? CPU.id);
  const instances = whole("instances", options.instances ?? 1, 1, MAX_INSTANCES);
  const share = Math.max(1, Math.floor(availableCpus() / instances));
  const threads = whole("threads", options.threads ?? share, 1, MAX_THREADS);
  const batching = declaredBatching(options);
  // The limit holds whether or not the graph is to be optimised.
  const optimized = (options.size === undefined || isOptimized(options.size)) && options.optimize !== false;
  const runtimeOptions = (of: number) => provider.runtimeOptions({ threads: of, optimized });
  const original = options.original && {
    path: options.original.path,
    optimized: options.original.size === undefined || isOptimized(options.original.size),
  };
  const originalOptions = (of: number) =>
    provider.runtimeOptions({ threads: of, optimized: original?.optimized ?? true });
  // Whether this chooses how many threads compute a run.
  const choosesThreads = provider.capabilities.threads && options.threads === undefined && threads > 1;
  const order: LoadOrder = {
    isolation,
    path: options.path,
    tail: options.tail ?? null,
    runtime: runtimeOptions(threads),
    single: choosesThreads ? runtimeOptions(1) : null,
    turns: isolation === "thread" && provider.capabilities.takesTurns ? TURNS : null,
    place: provider !== CPU,
    known: options.known ?? [],
    probe: batching === null,
    codec: options.codec ?? null,
    original: original
      ? {
          path: original.path,
          runtime: originalOptions(threads),
          single: choosesThreads ? originalOptions(1) : null,
        }
      : null,
  };
  return {
    order,
    instances,
    threads,
    device: provider.id,
    queue: whole("queue", options.queue ?? DEFAULT_QUEUE, 1, MAX_QUEUE),
    batching,
    onNarrowRefused: options.onNarrowRefused,
    onOriginal: options.onOriginal,
    narrow:
      choosesThreads && options.instances === undefined
        ? narrowPlan(options, threads, order, runtimeOptions, originalOptions)
        : null,
  };
}

/** Null where nobody knows how large a copy of the model is. */
function narrowPlan(
  { weights }: SessionOptions,
  processors: number,
  order: LoadOrder,
  runtimeOptions: (threads: number) => RuntimeOptions,
  originalOptions: (threads: number) => RuntimeOptions,
): NarrowPlan | null {
  if (weights === undefined) return null;
  const count = Math.min(processors, MAX_INSTANCES);
  const each = Math.floor(processors / count);
  const runtime = runtimeOptions(each);
  const original = order.original && { ...order.original, runtime: originalOptions(each), single: null };
  const own = order.isolation === "process" ? PROCESS_BYTES : 0;
  return {
    order: { ...order, runtime, single: null, place: false, probe: false, original },
    processors,
    count,
    weights: weights + own,
  };
}

/** Null: let the probe say. */
function declaredBatching({ batch = "probe", states = [] }: SessionOptions): Batching | null {
  if (states.length > 0) return { max: 1, reason: "requests of stateful models are never merged" };
  if (batch === "probe") return null;
  if (typeof batch === "object") return batch;
  const max = whole("batch", batch, 0, MAX_ROWS);
  return max > 1 ? { max, reason: "declared" } : { max: 1, reason: "switched off" };
}

function whole(option: string, given: number, least: number, most: number): number {
  if (Number.isSafeInteger(given) && given >= least && given <= most) return given;
  throw fail("RUN_OPTION", {
    option,
    given: String(given),
    expected: `a whole number from ${least} to ${most}`,
  });
}
