import { useEffect, useState } from "preact/hooks";
import type { ModelEntry } from "../../../src/client/index.ts";
import { wantsKey } from "../key.tsx";
import { server } from "../server.ts";
import { type Trouble, troubleOf } from "../words.ts";

/** Between two looks at the list, in milliseconds: while models are on their way, and when all is still. */
const BUSY = 700;
const STILL = 10_000;

export interface Models {
  /** null until the server has answered once. */
  readonly list: readonly ModelEntry[] | null;
  readonly trouble: Trouble | null;
  /** Whether the server wants a key, or another one than it got; then it is not looked at until there is one. */
  readonly wantsKey: boolean;
}

const NOTHING_YET: Models = { list: null, trouble: null, wantsKey: false };

/**
 * The server's models, looked at again and again: those that are fetched join while the page is open.
 * @param given with another one, also of the same key, everything is looked at anew
 */
export function useModels(given: object): Models {
  const [models, setModels] = useState<Models>(NOTHING_YET);
  useEffect(() => {
    setModels(NOTHING_YET);
    const stop = new AbortController();
    let timer = 0;
    const look = async () => {
      let pause = STILL;
      try {
        const list = newestOfEach(await server.models({ signal: stop.signal }));
        setModels({ list, trouble: null, wantsKey: false });
        if (list.some(({ state }) => state !== "ready" && state !== "unavailable")) pause = BUSY;
      } catch (error) {
        if (stop.signal.aborted) return;
        if (wantsKey(error)) {
          // Asked again, a wrong key would count as one more guess.
          setModels({ list: null, trouble: troubleOf(error), wantsKey: true });
          return;
        }
        setModels(({ list }) => ({ list, trouble: troubleOf(error), wantsKey: false }));
        pause = BUSY;
      }
      timer = window.setTimeout(look, pause);
    };
    void look();
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [given]);
  return models;
}

/** One entry a name: the newest version that is ready, else the newest. */
function newestOfEach(entries: readonly ModelEntry[]): ModelEntry[] {
  const best = new Map<string, ModelEntry>();
  for (const entry of entries) {
    const other = best.get(entry.name);
    if (!other || rank(entry) > rank(other)) best.set(entry.name, entry);
  }
  return [...best.values()];
}

function rank({ state, version }: ModelEntry): number {
  return Number(version) + (state === "ready" ? Number.MAX_SAFE_INTEGER / 2 : 0);
}
