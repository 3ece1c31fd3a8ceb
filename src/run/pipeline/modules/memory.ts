import type { Worker } from "node:worker_threads";
import { heldBy } from "./held.ts";

/** A thread that fills memory as fast as memory is filled has taken a few hundred MiB by then. */
const EVERY_MS = 50;

interface Watched {
  readonly worker: Worker;
  /** Bytes of the process that the thread does not hold, as far as is known. */
  others: number;
  readonly limit: number;
  readonly onOver: () => void;
  isAsked: boolean;
}

const watched = new Set<Watched>();
let timer: NodeJS.Timeout | null = null;

/**
 * Watches what a thread holds while it does one thing and cannot be asked itself: its heap has a limit of its own, but buffers are
 * beside it. What the whole process has grown by is looked at, which costs little; only where that is too much, V8 is asked what
 * this one thread holds, since others may have taken it. Memory of which V8 does not know, as an addon's, is nobody's.
 * @param held bytes that it holds before
 * @param limit bytes
 * @param onOver is called once, when it holds more
 * @returns ends the watch
 */
export function watchMemory(worker: Worker, held: number, limit: number, onOver: () => void): () => void {
  const one: Watched = { worker, others: resident() - held, limit, onOver, isAsked: false };
  watched.add(one);
  timer ??= setInterval(look, EVERY_MS).unref();
  return () => {
    watched.delete(one);
    if (watched.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** The system is asked for it, which short calls, many in a row, would feel. */
let known = { bytes: 0, until: 0 };

/** Bytes of the process in memory, of the last moments. */
function resident(): number {
  const now = performance.now();
  if (now > known.until) known = { bytes: process.memoryUsage.rss(), until: now + EVERY_MS };
  return known.bytes;
}

function look(): void {
  const bytes = process.memoryUsage.rss();
  known = { bytes, until: performance.now() + EVERY_MS };
  for (const one of watched) {
    // What the others gave back since then does not hide what this one takes from now on.
    if (bytes < one.others) one.others = bytes;
    if (bytes - one.others > one.limit && !one.isAsked) void ask(one);
  }
}

async function ask(one: Watched): Promise<void> {
  one.isAsked = true;
  const held = await heldBy(one.worker);
  one.isAsked = false;
  if (held === null || !watched.has(one)) return;
  if (held <= one.limit) {
    one.others = process.memoryUsage.rss() - held;
    return;
  }
  watched.delete(one);
  one.onOver();
}
