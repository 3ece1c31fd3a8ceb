import type { Model } from "../../graph/graph.ts";
import { schemaOf } from "../../graph/schema/index.ts";
import { graphsOf } from "../../graph/walk.ts";
import { NEWEST_OPSET } from "./versions.ts";

/**
 * Operators that the runtime runs as functions, in whose bodies something changed later: it does not run them from then on,
 * although they are what they were. Found by loading a model of each at every operator set.
 */
const LAST_OF_FUNCTION: ReadonlyMap<string, number> = new Map([["Swish", 24]]);

function isRun(domain: string, op: string, opset: number): boolean {
  const last = domain === "" ? LAST_OF_FUNCTION.get(op) : undefined;
  return (schemaOf(domain, op, opset)?.cpu ?? false) && opset <= (last ?? opset);
}

/**
 * The newest version up to `to` in which the runtime runs an operator as it runs it in `from`; null where there is nothing
 * to lose: it runs in `to` as well, or in neither, or it is deprecated and something else takes its place.
 */
export function lastRun(domain: string, op: string, from: number, to: number): number | null {
  if (isRun(domain, op, to) || !isRun(domain, op, from)) return null;
  if (schemaOf(domain, op, to)?.deprecated) return null;
  let last = to - 1;
  while (!isRun(domain, op, last)) last--;
  return last;
}

/** The newest operator set of ai.onnx to which a model can be brought and still be run by the runtime. */
export function newestOpsetOf(model: Model): number {
  const from = model.opsets.get("") ?? 1;
  let newest = NEWEST_OPSET;
  for (const graph of graphsOf(model)) {
    for (const { domain, op } of graph.nodes) {
      if (domain === "") newest = Math.min(newest, lastRun("", op, from, newest) ?? newest);
    }
  }
  return Math.max(newest, from);
}
