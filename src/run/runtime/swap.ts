import type { Tensors } from "../../model/tensor/tensor.ts";
import type { Exchanged } from "./codec.ts";
import type { Batching, ExchangeOptions, RunOptions, Session } from "./session.ts";
import { type Counts, sumStats } from "./stats.ts";

/** A session behind which another one may take over, without a request lost. */
export interface SwappableSession extends Session {
  /**
   * From now on requests go to `next`, which must answer as the one before does. Resolves when the one before has answered what it
   * has and is closed.
   */
  swap(next: Session): Promise<void>;
}

export function swappable(first: Session): SwappableSession {
  let current = first;
  /** Those that are still answering, and what the closed ones counted. */
  const leaving = new Set<Session>();
  const gone: Counts[] = [];
  const retire = async (session: Session) => {
    leaving.add(session);
    await session.close();
    leaving.delete(session);
    gone.push(session.stats());
  };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= Promise.all([...leaving, current].map((session) => session.close())).then(() => {});
    return closing;
  };
  return {
    get signature() {
      return current.signature;
    },
    get batching(): Batching {
      return current.batching;
    },
    get maxBatch() {
      return current.maxBatch;
    },
    run: (feeds: Tensors, options?: RunOptions): Promise<Tensors> => current.run(feeds, options),
    exchange: (body: Uint8Array, options?: ExchangeOptions): Promise<Exchanged | null> =>
      current.exchange(body, options),
    stats: () =>
      [...[...leaving].map((session) => session.stats()), ...gone].reduce(sumStats, current.stats()),
    async swap(next) {
      // Nobody waits for the new one any more.
      if (closing) return next.close();
      const before = current;
      current = next;
      await retire(before);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
