import type { Isolation } from "../worker/messages.ts";
import type { StartLink } from "./link.ts";
import { SPARE_PROCESS, startProcess } from "./process.ts";
import type { SpareRoom, Started } from "./spares.ts";
import { SPARE_THREAD, startThread } from "./thread.ts";

interface Kind {
  readonly start: StartLink;
  readonly spare: Pick<SpareRoom<Started>, "use" | "leave">;
}

/** Where an instance may live. */
export const LINKS: Readonly<Record<Isolation, Kind>> = {
  thread: { start: startThread, spare: SPARE_THREAD },
  process: { start: startProcess, spare: SPARE_PROCESS },
};

/**
 * Keeps one thread or process ready, so that an instance that comes, or takes the place of one that has died, has only its model to
 * load. Gives what ends that.
 */
export function keepSpare(isolation: Isolation): () => Promise<void> {
  const { spare } = LINKS[isolation];
  spare.use();
  let left: Promise<void> | null = null;
  return () => {
    left ??= spare.leave();
    return left;
  };
}
