import { toPlainError } from "../../../base/errors/index.ts";
import { type Instance, loadInstance } from "./instance.ts";
import type { Answer, Ask, AskBodies, BodiesAnswer, Loaded, LoadOrder, Request } from "./messages.ts";
import { loadRuntime } from "./model.ts";

/** What an instance says to its host. "free": its model has left, and it waits for another. */
export type Said = Loaded | Answer | BodiesAnswer | "free";

/**
 * Bytes more than before its first model, of which what the runtime sets up once are some 25 million: what has grown by more takes no
 * other model.
 */
const MAX_GROWN = 32 * 2 ** 20;

/**
 * A process that holds one model after the other, on its own side. It loads what it is ordered to, answers, and lets the model
 * go when it is told to leave it.
 * @param memory bytes that it takes; where that has grown by too much after a model has left, it ends instead of taking another
 * @param end what is to be done for it to end
 * @returns what is to be called with each message of the host
 */
export function holdModels(
  say: (said: Said, ask: Ask | AskBodies | null) => void,
  memory: () => number,
  end: () => void,
): (message: Request) => Promise<void> {
  let instance: Instance | null = null;
  let before: number | null = null;

  async function load(order: LoadOrder): Promise<void> {
    try {
      if (before === null) {
        await loadRuntime();
        before = memory();
      }
      instance = await loadInstance(order);
      say(instance.loaded, null);
    } catch (error) {
      say({ error: toPlainError(error) }, null);
      end();
    }
  }

  async function leave(): Promise<void> {
    await instance?.release();
    instance = null;
    if (memory() - (before ?? 0) > MAX_GROWN) end();
    else say("free", null);
  }

  /** What must not be done while a model is only just being loaded. */
  let last = Promise.resolve();
  const inOrder = (what: () => Promise<void>): Promise<void> => {
    last = last.then(what);
    return last;
  };
  return async (message) => {
    if (message === "leave") return inOrder(leave);
    if ("path" in message) return inOrder(() => load(message));
    // It is asked only of what it has said to have loaded.
    say(await (instance as Instance).answer(message), message);
  };
}
