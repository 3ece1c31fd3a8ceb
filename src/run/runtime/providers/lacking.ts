import { join } from "node:path";
import type { Here } from "./here.ts";
import type { Provider } from "./provider.ts";

/** Without it the runtime is not there at all. */
const BINDING = "onnxruntime_binding.node";

/** What a provider wants and this machine lacks. */
export interface Lack {
  /** A clause: "the runtime has no CUDA for darwin-arm64". */
  readonly what: string;
  readonly remedy: string;
  /** Whether trying is of no use. */
  readonly strict: boolean;
}

/** Everything at once, so that a person need not come back for each. */
export function lackingOf(provider: Provider, here: Here): readonly Lack[] {
  return [...lacksOf(provider, here)];
}

/** Whether anything is lacking at all: looking for all of it takes longer than loading a small model, and each model asks. */
export function lacksAny(provider: Provider, here: Here): boolean {
  return lacksOf(provider, here).next().done !== true;
}

function* lacksOf({ id, systems, needs }: Provider, here: Here): Generator<Lack, void> {
  if (!here.exists(join(here.binaries, BINDING))) {
    const what = `onnxruntime-node as it is installed has no files for ${here.system}`;
    yield { what, remedy: "Install it anew on this system, with all its files.", strict: true };
    return;
  }
  if (!systems.includes(here.system)) {
    const what = `the runtime has no ${id} for ${here.system}`;
    yield { what, remedy: `It is there for ${systems.join(", ")}.`, strict: true };
    return;
  }
  for (const need of needs) {
    const { what, remedy, strict } = need;
    if (!need.isThere(here)) yield { what: `${what} is missing`, remedy, strict };
  }
}

/** Of each remedy one, in their order. */
export function remediesOf(lacks: readonly Lack[]): string {
  return [...new Set(lacks.map(({ remedy }) => remedy))].join(" ");
}
