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
 * The newest version from `from` to `to` in which the runtime runs an operator, where that is not `to` itself. null where
 * there is nothing to lose: it runs in `to`, or in none of them, or it is deprecated and something else takes its place.
 */
export function lastRun(domain: string, op: string, from: number, to: number): number | null {
  if (isRun(domain, op, to) || schemaOf(domain, op, to)?.deprecated) return null;
  let last = to - 1;
  while (last >= from && !isRun(domain, op, last)) last--;
  return last < from ? null : last;
}

/**
 * The newest operator set of ai.onnx to which a model can be brought and still be run by the runtime. For a model of a newer one than
 * the runtime knows, that is the runtime's newest.
 */
export function newestOpsetOf(model: Model): number {
  const from = model.opsets.get("") ?? 1;
  const operators = new Set<string>();
  for (const graph of graphsOf(model))
    for (const { domain, op } of graph.nodes) if (domain === "") operators.add(op);
  let newest = NEWEST_OPSET;
  for (const op of operators) newest = lastRun("", op, from, newest) ?? newest;
  return newest;
}
