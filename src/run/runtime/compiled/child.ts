import type { ChildProcess } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fail, fromPlainError } from "../../../base/errors/index.ts";
import { forkModule } from "../host/fork.ts";
import type { Measured } from "./artefact.ts";
import type { Compiled, CompileOrder } from "./messages.ts";

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./entry.ts" : "./entry.js", import.meta.url);
/** What the runtime says before it ends the process: the end of it names the reason. */
const STDERR_KEPT = 2000;

/** Somebody ended it, with the program or alone: that says nothing of the model. */
const ASKED: ReadonlySet<string> = new Set(["SIGINT", "SIGTERM", "SIGHUP"]);

/** @throws COMPILE_FAILED where the process died, RUN_WORKER_DIED where none could be started, ABORTED, and what the compiler throws */
export async function runCompiler(
  order: CompileOrder,
  { inBackground = false, signal }: { inBackground?: boolean; signal?: AbortSignal },
): Promise<Measured> {
  const child = forkModule(ENTRY, []);
  const stop = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  try {
    if (inBackground) yieldTo(child);
    const answer = await answerOf(child, order);
    if (signal?.aborted) throw fail("ABORTED", {});
    if ("error" in answer) throw fromPlainError(answer.error);
    return answer.measured;
  } catch (error) {
    throw signal?.aborted ? fail("ABORTED", {}) : error;
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

function yieldTo({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Gone already, or a system that does not allow it: it then competes like others.
  }
}

function answerOf(child: ChildProcess, order: CompileOrder): Promise<Compiled> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-STDERR_KEPT);
    });
    child.once("message", (answer: Compiled) => resolve(answer));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (signal !== null && ASKED.has(signal)) return reject(fail("ABORTED", {}));
      const how = signal === null ? `exit code ${code}` : signal;
      const last = said.trim().split("\n").at(-1) ?? "";
      const problem = `the process that compiles ended with ${how}${last === "" ? "" : `: ${last}`}`;
      reject(fail("COMPILE_FAILED", { path: order.path, problem }, { where: order.path }));
    });
    child.send(order, (error) => {
      if (error)
        reject(fail("COMPILE_FAILED", { path: order.path, problem: error.message }, { cause: error }));
    });
  });
}
