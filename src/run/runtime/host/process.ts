import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Said } from "../worker/holder.ts";
import {
  type Answer,
  type BodiesAnswer,
  type Loaded,
  type LoadOrder,
  type Request,
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
/** A model is let go within milliseconds. A process that has not done so by then is ended. */
const LEAVES_MS = 2000;

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
  /** The end of what it wrote to stderr. */
  said = "";

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
    child.stderr?.on("data", (chunk: Buffer) => {
      this.said = `${this.said}${chunk}`.slice(-STDERR_KEPT);
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        if (!this.isAlive) return;
        this.isAlive = false;
        living.delete(child);
        const last = this.said.trim().split("\n").at(-1) ?? "";
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
  let isLoaded = false;
  let isLeaving = false;
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    child.off("message", hear);
    events.onEnd(holder.problem, holder.death);
    SPARE_PROCESS.refill();
  };
  const hear = (said: Said) => {
    if (said === "free") {
      isLeaving = false;
      if (!SPARE_PROCESS.offer(holder)) return void holder.dismiss();
      holder.said = "";
      holder.unref();
      end();
    } else if (isLoaded) events.onAnswer(said as Answer | BodiesAnswer);
    else {
      isLoaded = true;
      events.onLoaded(said as Loaded);
      SPARE_PROCESS.refill();
    }
  };
  holder.ref();
  child.on("message", hear);
  void holder.ended.then(() => {
    if (isLeaving) SPARE_PROCESS.offer(null);
    end();
  });
  // A process that is gone takes no message; its end is told otherwise.
  const send = (message: Exclude<Request, string>) => void child.send(message, () => {});
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
    leave() {
      if (!isReusable(order) || !SPARE_PROCESS.wantsLeft()) return void holder.dismiss();
      isLeaving = true;
      holder.ref();
      child.send("leave" satisfies Request, () => {});
      setTimeout(() => isLeaving && void holder.dismiss(), LEAVES_MS).unref();
    },
    hold: () => holder.ref(),
    release: () => holder.unref(),
    pid: child.pid ?? null,
  };
}

/** Whether what has held this model may hold another: a device's runtime keeps what it took until its process ends. */
function isReusable({ runtime }: LoadOrder): boolean {
  const providers = runtime.executionProviders;
  return Array.isArray(providers) && providers.every((provider) => provider === "cpu");
}
