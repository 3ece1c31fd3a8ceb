import type { Session } from "./session.ts";
import { sessionOver } from "./session-over.ts";
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
  const stats = () =>
    [...[...leaving].map((session) => session.stats()), ...gone].reduce(sumStats, current.stats());
  const swap = async (next: Session) => {
    // Nobody waits for the new one any more.
    if (closing) return next.close();
    const before = current;
    current = next;
    await retire(before);
  };
  return Object.assign(
    sessionOver(() => current, { stats, close }),
    { swap },
  );
}
