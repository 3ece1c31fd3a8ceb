import { useEffect, useState } from "preact/hooks";
import type { ModelEntry } from "../../../src/client/index.ts";
import { server } from "../server.ts";
import { type Trouble, troubleOf } from "../words.ts";

/** Between two looks at the list, in milliseconds: while models are on their way, and when all is still. */
const BUSY = 700;
const STILL = 10_000;

export interface Models {
  /** null until the server has answered once. */
  readonly list: readonly ModelEntry[] | null;
  readonly trouble: Trouble | null;
}

/** The server's models, looked at again and again: those that are fetched join while the page is open. */
export function useModels(): Models {
  const [models, setModels] = useState<Models>({ list: null, trouble: null });
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const look = async () => {
      let pause = STILL;
      try {
        const list = newestOfEach(await server.models({ signal: stop.signal }));
        setModels({ list, trouble: null });
        if (list.some(({ state }) => state !== "ready" && state !== "unavailable")) pause = BUSY;
      } catch (error) {
        if (stop.signal.aborted) return;
        setModels(({ list }) => ({ list, trouble: troubleOf(error) }));
        pause = BUSY;
      }
      timer = window.setTimeout(look, pause);
    };
    void look();
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, []);
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
