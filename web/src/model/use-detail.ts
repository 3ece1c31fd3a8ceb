import { useEffect, useState } from "preact/hooks";
import type { ModelDetail, ModelEntry } from "../../../src/client/index.ts";
import { server } from "../server.ts";
import { type Trouble, troubleOf } from "../words.ts";

export interface Detail {
  readonly model: ModelDetail | null;
  readonly trouble: Trouble | null;
}

/** All about a model, as soon as it is ready. */
export function useDetail({ name, state }: ModelEntry): Detail {
  const [detail, setDetail] = useState<Detail>({ model: null, trouble: null });
  useEffect(() => {
    if (state !== "ready") return;
    const stop = new AbortController();
    server.model(name, { signal: stop.signal }).then(
      (model) => setDetail({ model, trouble: null }),
      (error: unknown) => {
        if (!stop.signal.aborted) setDetail({ model: null, trouble: troubleOf(error) });
      },
    );
    return () => stop.abort();
  }, [name, state]);
  return detail;
}
