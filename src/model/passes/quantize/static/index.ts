import type { Model, Value } from "../../../graph/graph.ts";
import { elementCount } from "../../../tensor/index.ts";
import type { PassContext } from "../../pass.ts";
import { Rewrite } from "../../simplify/rewrite.ts";
import { workOutTypes } from "../../types.ts";
import { largestOfChannels } from "../channels.ts";
import { nodeText, Tally } from "../report.ts";
import type { QuantizePass } from "../weights.ts";
import { type CalibrationMethod, type Observe, type Range, rangesOf, type Seen } from "./calibrate.ts";
import { StaticChange } from "./change.ts";
import type { Core } from "./core.ts";
import { channelAxisOf } from "./correct.ts";
import { planOf, type StaticPlan } from "./plan.ts";

export type { CalibrationMethod, Observe } from "./calibrate.ts";

export interface StaticOptions {
  /** Runs the model on the samples. */
  readonly observe: Observe;
  /** @default "minmax" */
  readonly method?: CalibrationMethod;
  /** Whether weights take 7 bits. @default false */
  readonly reduceRange?: boolean;
}

/** The first operator set that has scales along an axis. */
export const STATIC_OPSET = 13;

/**
 * Convolutions and products are computed with whole numbers of 8 bits, whose ranges were seen on samples: QuantizeLinear and
 * DequantizeLinear stand around them, in the places where ONNX Runtime makes integer kernels of what is between. Weights are
 * int8 with a scale for each channel, biases int32 with the scale of what is multiplied, the rest is uint8.
 */
export function quantizeStatic(precision: string, options: StaticOptions): QuantizePass {
  const tally = new Tally();
  return {
    name: "quantize-static",
    promises:
      "Convolutions and products with constants are computed in whole numbers of 8 bits, whose ranges were seen on samples.",
    run: (model, context) => run(model, context, options, tally),
    report: () => tally.report(precision),
  };
}

async function run(model: Model, context: PassContext, options: StaticOptions, tally: Tally) {
  const { observe, method = "minmax", reduceRange = false } = options;
  const types = await (context.types?.(model) ?? workOutTypes(model));
  const rewrite = new Rewrite(model, types, context);
  const anything = planOf(
    model,
    rewrite,
    () => true,
    () => true,
  );
  const largest = await largestOf(anything, context);
  const isWhole = ({ weight }: Core) => largest.get(weight)?.every((each) => each !== Infinity) ?? false;
  const first = planOf(model, rewrite, () => true, isWhole);
  const axes = new Map<string, number | null>([...first.values].map(({ name }) => [name, null]));
  for (const core of first.cores) axes.set(core.node.inputs[0]?.name ?? "", channelAxisOf(core));
  const seen =
    axes.size > 0 ? await rangesOf(model, axes, observe, method, context.signal) : new Map<string, Seen>();
  const plan = planOf(model, rewrite, ({ name }) => seen.has(name), isWhole);
  for (const [node, reason] of plan.left) tally.left(reason, nodeText(node));
  const change = new StaticChange(rewrite, plan, { seen, ofGroups: rangesOfGroups(plan, seen) }, tally);
  await change.apply(largest, reduceRange ? 64 : 127);
  rewrite.commit();
  return { model, modified: rewrite.modified };
}

/** The largest number of each channel of all weights, each weight read once. */
async function largestOf({ cores }: StaticPlan, { signal }: PassContext): Promise<Map<Value, Float32Array>> {
  const found = new Map<Value, Float32Array>();
  for (const { weight, length, areRows } of cores) {
    signal?.throwIfAborted();
    if (found.has(weight) || elementCount(weight.constant.shape, weight.name) === 0) continue;
    found.set(weight, await largestOfChannels(weight.constant, length, areRows, signal));
  }
  return found;
}

/** Values with one scale have one range, that of all. */
function rangesOfGroups({ values, groups }: StaticPlan, seen: ReadonlyMap<string, Range>): Map<Value, Range> {
  const ranges = new Map<Value, Range>();
  for (const value of values) {
    const own = seen.get(value.name);
    if (!own) continue;
    const root = groups.of(value);
    const { low, high } = ranges.get(root) ?? own;
    ranges.set(root, { low: Math.min(low, own.low), high: Math.max(high, own.high) });
  }
  return ranges;
}
