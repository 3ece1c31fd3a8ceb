import { averagePrecision } from "./boxes.ts";
import { topOne } from "./classes.ts";
import { pixels } from "./masks.ts";
import type { Metric } from "./metric.ts";
import { relativeError } from "./numbers.ts";
import { characters } from "./text.ts";

/** What a task's answers are held to; those of all others to their numbers. */
const METRICS: ReadonlyMap<string, Metric> = new Map([
  ["image-classification", topOne],
  ["audio-classification", topOne],
  ["text-classification", topOne],
  ["text-recognition", characters],
  ["object-detection", averagePrecision],
  ["image-segmentation", pixels],
]);

export function metricOf(task: string): Metric {
  return METRICS.get(task) ?? relativeError;
}
