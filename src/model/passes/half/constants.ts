import type { Graph, Node, Value } from "../../graph/graph.ts";
import { elementCount, readSmall } from "../../tensor/index.ts";
import { largestOf } from "../quantize/magnitude.ts";
import type { Rewrite } from "../simplify/rewrite.ts";
import { MAX_HALF } from "./tensor.ts";

/** The smallest half with all of its bits: what is smaller is rounded by more than others, down to 0. */
const LEAST = 2 ** -14;
/** From here on down a number stands for "never": it is added to what is masked, or chosen in its place. */
const MASK = -1e9;

type Verdict = "large" | "small" | "mask";

const REASONS: Readonly<Record<Verdict, string>> = {
  large: `a constant of it is beyond ${MAX_HALF}, the largest number of float16`,
  small: "a constant of it is too small for float16",
  mask: `a constant of it is beyond ${MAX_HALF}, the largest number of float16`,
};

/** Operators for which a number far below stands for "never", and those that bound. */
const MASKED: ReadonlySet<string> = new Set([
  "Add",
  "Sub",
  "Mul",
  "Where",
  "Expand",
  "Reshape",
  "Unsqueeze",
  "Concat",
]);
const BOUNDED = "Clip";

/** Looks at every float32 constant of some graphs once, and says which nodes cannot do with theirs in float16. */
export async function surveyConstants(
  rewrite: Rewrite,
  graphs: Iterable<Graph>,
): Promise<(node: Node) => string | null> {
  const verdicts = new Map<Value, Verdict>();
  for (const graph of graphs) {
    for (const value of graph.values.values()) {
      if (value.constant?.dtype !== "float32") continue;
      rewrite.context.signal?.throwIfAborted();
      const verdict = await verdictOn(value, rewrite);
      if (verdict) verdicts.set(value, verdict);
    }
  }
  return ({ op, inputs }) => {
    for (const value of inputs) {
      const verdict = value ? verdicts.get(value) : undefined;
      if (!verdict || (verdict === "mask" && MASKED.has(op)) || (verdict !== "small" && op === BOUNDED))
        continue;
      return REASONS[verdict];
    }
    return null;
  };
}

async function verdictOn({ constant }: Value, { context: { signal } }: Rewrite): Promise<Verdict | null> {
  if (!constant || elementCount(constant.shape, constant.name) === 0) return null;
  const small = readSmall(constant, signal);
  if (!small) return (await largestOf(constant, signal)) > MAX_HALF ? "large" : null;
  let isMask = false;
  let largest = 0;
  for (const element of (await small).data as Float32Array) {
    if (Number.isFinite(element)) largest = Math.max(largest, Math.abs(element));
    if (!(Math.abs(element) > MAX_HALF) || !Number.isFinite(element)) continue;
    if (element > MASK) return "large";
    isMask = true;
  }
  if (isMask) return "mask";
  // Of a matrix some numbers vanish beside the others; of a constant that keeps a sum from 0, it is all.
  return largest > 0 && largest < LEAST ? "small" : null;
}
