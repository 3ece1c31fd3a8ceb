import { fork } from "node:child_process";
import { fail, fromPlainError } from "../../../base/errors/index.ts";
import { type Comparison, failed } from "./choice.ts";
import type { Compared, CompareOrder } from "./messages.ts";

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./entry.ts" : "./entry.js", import.meta.url);
/** What the runtime or a driver says before it ends the process: the end of it names the reason. */
const STDERR_KEPT = 2000;
/** A device that has not answered by then hangs, or is of no use. */
const PATIENCE_MS = 120_000;

/**
 * Holds a device to the processor, in a process of its own.
 * @param patience milliseconds until it is given up
 * @throws RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED where the processor cannot run the model; ABORTED
 */
export async function compareDevices(
  order: CompareOrder,
  signal?: AbortSignal,
  patience = PATIENCE_MS,
): Promise<Comparison> {
  if (signal?.aborted) throw fail("ABORTED", {});
  const child = fork(ENTRY, [order.path], {
    ...(FROM_SOURCE ? {} : { execArgv: [] }),
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const stop = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", stop, { once: true });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, patience);
  try {
    const answer = await new Promise<Compared | string>((resolve, reject) => {
      let said = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        said = `${said}${chunk}`.slice(-STDERR_KEPT);
      });
      child.once("message", (message: Compared) => resolve(message));
      child.once("error", reject);
      child.once("close", (code, ended) => {
        const last = said.trim().split("\n").at(-1) ?? "";
        resolve(`the process ended with ${ended ?? `exit code ${code}`}${last === "" ? "" : `: ${last}`}`);
      });
      // That the process is gone is told by its end.
      child.send(order, () => {});
    });
    if (signal?.aborted) throw fail("ABORTED", {});
    if (typeof answer === "string") {
      const late = `no answer in ${patience / 1000} seconds`;
      return failed(order.device, `fails: ${isLate ? late : answer}`);
    }
    if ("error" in answer) throw fromPlainError(answer.error);
    return answer.comparison;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    stop();
  }
}
