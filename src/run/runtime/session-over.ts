import type { Session } from "./session.ts";

/**
 * A session that does what another does, but for what is said here.
 * @param of the other, asked anew each time
 */
export function sessionOver(
  of: () => Session,
  own: Partial<Pick<Session, "run" | "exchange" | "stats" | "close">>,
): Session {
  const close = own.close ?? (() => of().close());
  return {
    get signature() {
      return of().signature;
    },
    get batching() {
      return of().batching;
    },
    get maxBatch() {
      return of().maxBatch;
    },
    run: own.run ?? ((feeds, options) => of().run(feeds, options)),
    exchange: own.exchange ?? ((body, options) => of().exchange(body, options)),
    stats: own.stats ?? (() => of().stats()),
    close,
    [Symbol.asyncDispose]: close,
  };
}
