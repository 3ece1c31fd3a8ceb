import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import {
  type Answer,
  type BodiesAnswer,
  type Loaded,
  type LoadOrder,
  unsendable,
} from "../worker/messages.ts";
import { forkModule } from "./fork.ts";
import type { Link, LinkEvents } from "./link.ts";
import type { Death } from "./restart.ts";
import { SpareRoom, type Started } from "./spares.ts";

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(
  FROM_SOURCE ? "../worker/process-entry.ts" : "../worker/process-entry.js",
  import.meta.url,
);
/** What the runtime says before it ends the process: the end of it names the reason. */
const STDERR_KEPT = 2000;

const NAME_LENGTH = 256;

/** Those that live. One that computes does not notice that its host is gone. */
const living = new Set<ChildProcess>();
process.on("exit", endProcesses);

/** Ends all that hold models of this program, whatever they do: for a program that is about to be ended by a signal. */
export function endProcesses(): void {
  for (const child of living) child.kill("SIGKILL");
}

class Holder implements Started {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  isAlive = true;
  problem = "";
  death: Death = "own";

  /**
   * @throws RUN_WORKER_DIED where there is no room for another
   * @param name that a list of processes shows
   * @param modules that it imports before it is asked; null: it is asked at once
   */
  constructor(name: string, modules: readonly string[] | null) {
    const args = modules === null ? [name] : [name, JSON.stringify(modules)];
    this.child = forkModule(ENTRY, args, { serialization: "advanced" });
    const { child } = this;
    living.add(child);
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-STDERR_KEPT);
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        if (!this.isAlive) return;
        this.isAlive = false;
        living.delete(child);
        const last = said.trim().split("\n").at(-1) ?? "";
        this.problem ||= `it ended with ${how}${last === "" ? "" : `: ${last}`}`;
        resolve();
      };
      child.on("error", (error) => {
        this.problem = error.message;
      });
      // After its last answer was read, unlike "exit".
      child.once("close", (code, signal) => {
        // All others that end it are raised by what goes wrong inside; those that ask it to end are not heeded.
        if (signal === "SIGKILL") this.death = "killed";
        end(signal === null ? `exit code ${code}` : signal);
      });
    });
  }

  ref(): void {
    this.child.ref();
    this.child.channel?.ref();
  }

  unref(): void {
    this.child.unref();
    this.child.channel?.unref();
    (this.child.stderr as Socket | null)?.unref();
  }

  /** At once, whatever it does. */
  dismiss(): Promise<void> {
    this.child.ref();
    this.child.kill("SIGKILL");
    return this.ended;
  }
}

export const SPARE_PROCESS = new SpareRoom((modules) => {
  // Its name is written over with that of its model, and can be no longer than it was.
  const holder = new Holder("spare".padEnd(NAME_LENGTH), modules);
  holder.unref();
  return holder;
});

/**
 * An instance in a process of its own. Tensors cross in the bytes of V8's serialiser, which writes and reads them as they lie in
 * memory; answers are views into the message that brought them.
 */
export function startProcess(order: LoadOrder, events: LinkEvents): Link {
  const holder = SPARE_PROCESS.take(order.codec?.module ?? null) ?? new Holder(order.path, null);
  const { child } = holder;
  holder.ref();
  child.once("message", (loaded: Loaded) => {
    child.on("message", (answer: Answer | BodiesAnswer) => events.onAnswer(answer));
    events.onLoaded(loaded);
    SPARE_PROCESS.refill();
  });
  void holder.ended.then(() => {
    events.onEnd(holder.problem, holder.death);
    SPARE_PROCESS.refill();
  });
  // A process that is gone takes no message; its end is told otherwise.
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
    close: () => void holder.dismiss(),
    hold: () => holder.ref(),
    release: () => holder.unref(),
    pid: child.pid ?? null,
  };
}
