import type { Model } from "./model.ts";

/** Does one thing of the runtime while no other thread of this process does one. */
export type Hold = <T>(what: () => Promise<T>) => Promise<T>;

const FREE = 0;
const TAKEN = 1;

/**
 * Takes turns with the other threads of the process, by one word that they share. A thread that waits is blocked, as it is while the
 * runtime computes; what it does in its turn is the runtime's, which always comes to an end or ends the process.
 * @param turns 4 bytes; null: everybody at once
 */
export function takingTurns(turns: SharedArrayBuffer | null): Hold {
  if (turns === null) return (what) => what();
  const word = new Int32Array(turns);
  // The runtime leaves the event loop free for a moment before it computes: a second run of this thread must not wait in it for the
  // first, which it would keep from ever coming to an end.
  let last: Promise<unknown> = Promise.resolve();
  const own: Hold = async (what) => {
    while (Atomics.compareExchange(word, 0, FREE, TAKEN) !== FREE) Atomics.wait(word, 0, TAKEN);
    try {
      return await what();
    } finally {
      Atomics.store(word, 0, FREE);
      Atomics.notify(word, 0, 1);
    }
  };
  return (what) => {
    const mine = last.then(() => own(what));
    last = mine.catch(() => {});
    return mine;
  };
}

/** A model that is run and given back in turn. */
export function inTurn(model: Model, hold: Hold): Model {
  return {
    ...model,
    run: (outputs, slots) => hold(() => model.run(outputs, slots)),
    answer: (ask) => hold(() => model.answer(ask)),
    release: () => hold(() => model.release()),
  };
}
