import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import {
  type Answer,
  type BodiesAnswer,
  type Loaded,
  type LoadOrder,
  unsendable,
} from "../worker/messages.ts";
import type { Link, LinkEvents } from "./link.ts";

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(
  FROM_SOURCE ? "../worker/process-entry.ts" : "../worker/process-entry.js",
  import.meta.url,
);
/** What the runtime says before it ends the process: the end of it names the reason. */
const STDERR_KEPT = 2000;

/** Those that live. One that computes does not notice that its host is gone. */
const living = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/**
 * An instance in a process of its own. Tensors cross in the bytes of V8's serialiser, which writes and reads them as they lie in
 * memory; answers are views into the message that brought them.
 */
export function startProcess(order: LoadOrder, events: LinkEvents): Link {
  const child = fork(ENTRY, [order.path], {
    ...(FROM_SOURCE ? {} : { execArgv: [] }),
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  living.add(child);
  let said = "";
  let problem = "";
  let isEnded = false;
  const end = (how: string) => {
    if (isEnded) return;
    isEnded = true;
    living.delete(child);
    const last = said.trim().split("\n").at(-1) ?? "";
    events.onEnd(problem || `it ended with ${how}${last === "" ? "" : `: ${last}`}`);
  };
  child.stderr?.on("data", (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-STDERR_KEPT);
  });
  child.once("message", (loaded: Loaded) => {
    child.on("message", (answer: Answer | BodiesAnswer) => events.onAnswer(answer));
    events.onLoaded(loaded);
  });
  child.on("error", (error) => {
    problem = error.message;
    // Where none could be started, nothing else follows.
    if (child.pid === undefined) setImmediate(end, "no start");
  });
  // After its last answer was read, unlike "exit".
  child.once("close", (code, signal) => end(signal === null ? `exit code ${code}` : signal));
  // A process that is gone takes no message; its end is told by "close".
  const send = (message: object) => void child.send(message, () => {});
  send(order);
  return {
    send(ask) {
      try {
        send(ask);
      } catch (error) {
        // A message has at most 2 GB.
        setImmediate(() => events.onAnswer(unsendable(ask[0], error)));
      }
    },
    close() {
      child.ref();
      child.kill("SIGKILL");
    },
    hold() {
      child.ref();
      child.channel?.ref();
    },
    release() {
      child.unref();
      child.channel?.unref();
      (child.stderr as Socket | null)?.unref();
    },
    pid: child.pid ?? null,
  };
}
