import { constants, setPriority } from "node:os";
import { fail, fromPlainError, type PlainError } from "../../../base/errors/index.ts";
import type { Signature } from "../../../model/tensor/tensor.ts";
import type { Batching } from "../batching.ts";
import { forkModule } from "../host/fork.ts";
import type { SessionOptions } from "../session.ts";
import type { Cost } from "./budget.ts";

/** What is known of a model once it was loaded somewhere, so that it need not be loaded to tell. */
export interface Known {
  /** As the runtime reports it. */
  readonly signature: Signature;
  readonly batching: Batching;
  /** Whether it runs on one thread, since more would not pay. */
  readonly single: boolean;
  readonly device: string;
  readonly cost: Cost;
}

/** The options with which a model is loaded of which that is known: what was found out need not be found out again. */
export function knowing(
  options: SessionOptions,
  { batching, single }: Pick<Known, "batching" | "single">,
): SessionOptions {
  return { ...options, batch: batching, ...(single ? { threads: 1 } : {}) };
}

export interface MeasureOrder {
  readonly options: Omit<SessionOptions, "signal">;
  /** File of weights beside the model that is mapped into memory. */
  readonly weights: string | null;
}

export type Measured = { readonly known: Known } | { readonly error: PlainError };

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./measure-entry.ts" : "./measure-entry.js", import.meta.url);
const STDERR_KEPT = 2000;

/**
 * Loads a model in a process of its own, of lower priority, runs it on made-up rows, and says what it takes.
 * @throws what openSession throws; RUN_WORKER_DIED where the process did; ABORTED
 */
export async function measureModel(order: MeasureOrder, signal?: AbortSignal): Promise<Known> {
  if (signal?.aborted) throw fail("ABORTED", {});
  const child = forkModule(ENTRY, [order.options.path], { serialization: "advanced" });
  const stop = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  try {
    if (child.pid !== undefined) yieldTo(child.pid);
    const answer = await new Promise<Measured>((resolve, reject) => {
      let said = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        said = `${said}${chunk}`.slice(-STDERR_KEPT);
      });
      child.once("message", (message: Measured) => resolve(message));
      child.once("error", reject);
      child.once("close", (code, ended) => {
        const how = ended === null ? `exit code ${code}` : ended;
        const last = said.trim().split("\n").at(-1) ?? "";
        const problem = `it ended with ${how}${last === "" ? "" : `: ${last}`}`;
        reject(fail("RUN_WORKER_DIED", { place: "process", problem }, { where: order.options.path }));
      });
      child.send(order, (error) => error && reject(error));
    });
    if ("error" in answer) throw fromPlainError(answer.error);
    return answer.known;
  } catch (error) {
    throw signal?.aborted ? fail("ABORTED", {}) : error;
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

function yieldTo(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Gone already, or a system that does not allow it: it then competes like others.
  }
}
