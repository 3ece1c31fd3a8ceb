import { useEffect, useRef, useState } from "preact/hooks";
import type { Given } from "../inputs/given.ts";
import { server } from "../server.ts";
import { type Trouble, troubleOf } from "../words.ts";

export interface Asked {
  readonly given: Given;
  readonly answer: unknown;
  readonly warnings: readonly string[];
  /** From sending to the whole answer, in milliseconds. */
  readonly ms: number;
}

export interface Asking {
  readonly busy: boolean;
  /** Partial answers so far of the question under way. */
  readonly parts: readonly unknown[];
  readonly asked: Asked | null;
  readonly trouble: Trouble | null;
}

const NOTHING: Asking = { busy: false, parts: [], asked: null, trouble: null };

/** Asks one model. A new question ends the one before; the last answer stays until the next comes. */
export function useAsk(model: string): Asking & { ask(given: Given): void } {
  const [asking, setAsking] = useState(NOTHING);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const ask = async (given: Given) => {
    stop.current?.abort();
    const current = new AbortController();
    stop.current = current;
    const update = (change: (last: Asking) => Asking) => {
      if (stop.current === current) setAsking(change);
    };
    update(({ asked }) => ({ ...NOTHING, busy: true, asked }));
    const started = performance.now();
    try {
      const { answer, warnings } = await server.predict(model, given.input, {
        signal: current.signal,
        ...(given.parameters && { parameters: given.parameters }),
        onPartial: (part) => update((last) => ({ ...last, parts: [...last.parts, part] })),
      });
      const ms = performance.now() - started;
      update(() => ({ ...NOTHING, asked: { given, answer, warnings, ms } }));
    } catch (error) {
      // An answer to another question must not stand beside this error.
      update(() => ({ ...NOTHING, trouble: troubleOf(error) }));
    }
  };
  return { ...asking, ask: (given) => void ask(given) };
}
