import type { RuntimeOptions } from "../worker/messages.ts";

/** What a device can do, as data: schedulers, `doctor` and the documentation read it. */
export interface Capabilities {
  /** Whether an instance computes with threads of the processor, so that their number matters. */
  readonly threads: boolean;
  /** Whether each instance holds the weights in memory of its own device. */
  readonly deviceMemory: boolean;
}

/** A device that runs models. To add one: a file here and a line in table.ts. */
export interface Provider {
  /** As in `--device`. */
  readonly id: string;
  readonly title: string;
  readonly capabilities: Capabilities;
  /** Why it cannot run here; null where it can. */
  missing(): string | null;
  /** How to add what it wants. */
  readonly remedy: string;
  /** Options of onnxruntime-node's InferenceSession, plain data that may cross to a worker. */
  runtimeOptions(request: { threads: number; optimized: boolean }): RuntimeOptions;
}
