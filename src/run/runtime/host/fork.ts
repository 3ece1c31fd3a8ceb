import { type ChildProcess, type ForkOptions, fork } from "node:child_process";
import { fail } from "../../../base/errors/index.ts";

const FROM_SOURCE = import.meta.url.endsWith(".ts");

/**
 * Bytes from which glibc maps what is allocated, so that it goes back to the system when it is freed. Left alone it raises that to
 * 32 MB as it sees fit, and the memory of a model's weights stays with the process.
 */
const MAPPED = String(2 ** 20);

/**
 * Starts a process of this program, with a channel for messages, nothing on stdout, and stderr to be read. The program's own flags are
 * not for it; a loader of sources must be.
 * @throws RUN_WORKER_DIED where the system has no room for another: Node throws, or gives one that has neither number nor channel
 */
export function forkModule(
  entry: URL,
  args: readonly string[],
  options: Pick<ForkOptions, "serialization"> = {},
): ChildProcess {
  let child: ChildProcess;
  try {
    child = fork(entry, args, {
      ...(FROM_SOURCE ? {} : { execArgv: [] }),
      env: { MALLOC_MMAP_THRESHOLD_: MAPPED, ...process.env, ORT_DISABLE_TELEMETRY: "1" },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      ...options,
    });
  } catch (cause) {
    throw noRoom(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (child.pid !== undefined) return child;
  // What is wrong comes as an event, a moment later.
  child.once("error", () => {});
  throw noRoom("the system starts no further process, or has too many files open");
}

function noRoom(problem: string, cause?: unknown) {
  return fail("RUN_WORKER_DIED", { place: "process", problem }, { cause });
}
