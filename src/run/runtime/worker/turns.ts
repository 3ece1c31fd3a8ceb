import { threadId } from "node:worker_threads";
import type { Model } from "./model.ts";

/** Does one thing of the runtime while no other thread of this process does one. */
export type Hold = <T>(what: () => Promise<T>) => Promise<T>;

/** Else the word has the number of the thread whose turn it is. */
const FREE = 0;

/** Threads count from 0, which is the main one. */
const numberOf = (thread: number) => thread + 1;

/**
 * Takes turns with the other threads of the process, by one word that they share. A thread that waits is blocked, as it is while the
 * runtime computes; what it does in its turn is the runtime's, which always comes to an end or ends the process.
 * A thread that ends in its turn, since JavaScript's memory ran out, cannot give it back: whoever started it does (`leaveTurn`).
 * @param turns 4 bytes; null: everybody at once
 */
export function takingTurns(turns: SharedArrayBuffer | null): Hold {
  if (turns === null) return (what) => what();
  const word = new Int32Array(turns);
  const me = numberOf(threadId);
  // The runtime leaves the event loop free for a moment before it computes: a second run of this thread must not wait in it for the
  // first, which it would keep from ever coming to an end.
  let last: Promise<unknown> = Promise.resolve();
  const own: Hold = async (what) => {
    for (let whose = take(word, me); whose !== FREE; whose = take(word, me)) Atomics.wait(word, 0, whose);
    try {
      return await what();
    } finally {
      give(word, me);
    }
  };
  return (what) => {
    const mine = last.then(() => own(what));
    last = mine.catch(() => {});
    return mine;
  };
}

const take = (word: Int32Array, me: number) => Atomics.compareExchange(word, 0, FREE, me);

function give(word: Int32Array, whose: number): void {
  if (Atomics.compareExchange(word, 0, whose, FREE) === whose) Atomics.notify(word, 0, 1);
}

/**
 * Gives back the turn of a thread that has ended, if it had it.
 * @param thread its `threadId`, while it lived
 */
export function leaveTurn(turns: SharedArrayBuffer, thread: number): void {
  give(new Int32Array(turns), numberOf(thread));
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
