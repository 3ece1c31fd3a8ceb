import type { RuntimeOptions } from "../worker/messages.ts";
import type { Here } from "./here.ts";

/** What a device can do, as data: schedulers, `doctor` and the documentation read it. */
export interface Capabilities {
  /** Whether an instance computes with threads of the processor, so that their number matters. */
  readonly threads: boolean;
  /** Whether each instance holds the weights in memory of its own device. */
  readonly deviceMemory: boolean;
  /** Whether the sessions of one process must not load or compute at once, since the runtime's code for it does not hold that. */
  readonly takesTurns: boolean;
  /** What it cannot do, a sentence each. */
  readonly cannot: readonly string[];
}

/** Something that a provider wants of the machine. */
export interface Need {
  /** What it is, and where it was looked for. */
  readonly what: string;
  /** How to add it. */
  readonly remedy: string;
  /** Whether nothing can be done without: then nobody tries. Libraries may lie where only the system finds them. */
  readonly strict: boolean;
  isThere(here: Here): boolean;
}

/** A device that runs models. To add one: a file here and a line in table.ts. */
export interface Provider {
  /** As in `--device`. */
  readonly id: string;
  readonly title: string;
  /** As the runtime calls it in its profile of a run. */
  readonly runtimeName: string;
  /** Systems for which onnxruntime-node's package has it, as Node names them (its README, "Requirements"). */
  readonly systems: readonly string[];
  readonly capabilities: Capabilities;
  readonly needs: readonly Need[];
  /** What to do where all needs are met, as far as one can tell, and it does not compute nevertheless. */
  readonly remedy: string;
  /** What tells one device and driver from another, as far as files say: a change of it makes what was measured void. */
  identity(here: Here): readonly string[];
  /** Options of onnxruntime-node's InferenceSession, plain data that may cross to a worker. */
  runtimeOptions(request: { threads: number; optimized: boolean }): RuntimeOptions;
}
