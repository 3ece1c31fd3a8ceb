import type { Session } from "node:inspector";
import type { Worker } from "node:worker_threads";

/** A thread that is in native code answers when it comes out of it: it is asked again then. */
const PATIENCE_MS = 5_000;

/** Of Node 22.16 and 24 on. */
interface Telling {
  getHeapStatistics(): Promise<{ readonly used_heap_size: number; readonly external_memory: number }>;
}

/**
 * Bytes that a thread holds, JavaScript's heap and buffers beside it, also while it computes: V8 looks up between two of its steps.
 * null where it cannot be known: the thread is gone, is in native code, or this Node has no inspector.
 */
export async function heldBy(worker: Worker): Promise<number | null> {
  if (!("getHeapStatistics" in worker)) return next(() => askInspector(worker));
  const telling = (worker as unknown as Telling).getHeapStatistics();
  const told = await within(telling.catch(() => null));
  return told === null ? null : told.used_heap_size + told.external_memory;
}

/** One after the other: the inspector is opened for a question, and left. */
let asking: Promise<unknown> = Promise.resolve();

function next<T>(what: () => Promise<T>): Promise<T> {
  const answer = asking.then(what);
  asking = answer.catch(() => {});
  return answer;
}

const EXPRESSION = "(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())";
const ID = 1;

interface Told {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/** By the protocol's domain NodeWorker, inside the process: nothing is listened on. */
async function askInspector(worker: Worker): Promise<number | null> {
  const inspector = await import("node:inspector").catch(() => null);
  if (inspector === null || worker.threadId < 0) return null;
  const session: Session = new inspector.Session();
  session.connect();
  try {
    return await within(evaluate(session, worker.threadId));
  } finally {
    session.post("NodeWorker.disable");
    session.disconnect();
  }
}

function evaluate(session: Session, thread: number): Promise<number | null> {
  return new Promise((resolve) => {
    session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
      // Its ids are of its own counting, which has Node's own threads too.
      if (!workerInfo.title.startsWith(`[worker ${thread}]`)) return;
      const params = { expression: EXPRESSION, silent: true, returnByValue: true };
      const message = JSON.stringify({ id: ID, method: "Runtime.evaluate", params });
      session.post("NodeWorker.sendMessageToWorker", { sessionId, message });
    });
    session.on("NodeWorker.receivedMessageFromWorker", ({ params: { message } }) => {
      const { id, result }: Told = JSON.parse(message);
      if (id !== ID) return;
      const value = result?.result?.value;
      resolve(typeof value === "number" ? value : null);
    });
    session.post("NodeWorker.enable", { waitForDebuggerOnStart: false }, (error) => {
      if (error) resolve(null);
    });
  });
}

async function within<T>(work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
