import { fork } from "node:child_process";
import { fail, fromPlainError } from "../../../base/errors/index.ts";
import type { Cost, CostOrder, ErrorOrder, Errors, Order, Reply } from "./messages.ts";

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./entry.ts" : "./entry.js", import.meta.url);
/** What the runtime says before it ends the process: the end of it names the reason. */
const STDERR_KEPT = 2000;

/** @throws TUNE_DIED where the process ended without an answer, ABORTED, and what measuring throws */
export function measure(order: CostOrder, signal: AbortSignal): Promise<Cost>;
export function measure(order: ErrorOrder, signal: AbortSignal): Promise<Errors>;
export async function measure(order: Order, signal: AbortSignal): Promise<Cost | Errors> {
  signal.throwIfAborted();
  const child = fork(ENTRY, [], {
    ...(FROM_SOURCE ? {} : { execArgv: [] }),
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const stop = () => child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  try {
    const reply = await new Promise<Reply>((resolve, reject) => {
      let said = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        said = `${said}${chunk}`.slice(-STDERR_KEPT);
      });
      child.once("message", (message: Reply) => resolve(message));
      child.once("error", reject);
      child.once("close", (code, name) => {
        const how = name === null ? `exit code ${code}` : name;
        const last = said.trim().split("\n").at(-1) ?? "";
        reject(fail("TUNE_DIED", { how, said: last === "" ? "" : `: ${last}` }));
      });
      child.send(order, (error) => {
        if (error) reject(error);
      });
    });
    if ("error" in reply) throw fromPlainError(reply.error);
    return reply.answer;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
