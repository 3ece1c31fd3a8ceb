import { countOperators, countParameters } from "../../model/graph/count.ts";
import type { Model } from "../../model/graph/graph.ts";
import { constantsOf } from "../../model/graph/walk.ts";
import type { Difference } from "../../model/passes/difference.ts";
import type { QuantizeReport } from "../../model/passes/quantize/report.ts";
import type { VerifyReport } from "./verify/report.ts";

export type { QuantizeReport };

/** What a model is made of, in numbers. */
export interface Measures {
  /** Of all its files. */
  readonly bytes: number;
  /** Dense bytes of every constant tensor. */
  readonly weights: number;
  readonly parameters: number;
  /** Nodes of all graphs, and how often each operator occurs. */
  readonly nodes: number;
  readonly operators: Readonly<Record<string, number>>;
  /** "ai.onnx" and others. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly irVersion: number;
}

export function measure(model: Model, bytes: number): Measures {
  const operators = countOperators(model);
  let weights = 0;
  for (const { byteLength } of constantsOf(model)) weights += byteLength;
  return {
    bytes,
    weights,
    parameters: countParameters(model),
    nodes: Object.values(operators).reduce((sum, count) => sum + count, 0),
    operators,
    opsets: Object.fromEntries([...model.opsets].map(([domain, version]) => [domain || "ai.onnx", version])),
    irVersion: model.irVersion,
  };
}

/** Measures of a graph, as those of the file that it was written to. */
export function asWritten(
  measures: Measures,
  { nodes, copied }: { readonly nodes: number; readonly copied: number },
): Measures {
  if (nodes === 0) return measures;
  const counts = new Map(Object.entries(measures.operators));
  const add = (operator: string, count: number) => counts.set(operator, (counts.get(operator) ?? 0) + count);
  add("Constant", -nodes);
  add("Identity", copied);
  const operators = Object.fromEntries(
    [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return { ...measures, nodes: measures.nodes - nodes + copied, operators };
}

/** One thing that was done to the graph. */
export interface Change extends Difference {
  /** Name of the pass. */
  readonly pass: string;
  /** One sentence: what is true of the model now. */
  readonly promises: string;
  /** Whether it is one of many steps of what was asked for, such as --simplify. */
  readonly isStep?: true;
}

/** What became of a model. */
export interface ConvertReport {
  /** As it was asked for, and where it lies. */
  readonly source: string;
  readonly from: string;
  /** Path of the main file. */
  readonly path: string;
  /** Id of the format. */
  readonly format: string;
  /** The main file first, by their names in its folder. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** Tensors that lie in a file beside the main one. */
  readonly external: number;
  readonly before: Measures;
  readonly after: Measures;
  /** What was done to the graph; empty where it was written as it was read. */
  readonly changes: readonly Change[];
  /** Where the result does not compute exactly what the original did. */
  readonly approximations: readonly string[];
  /** What became of the weights; null where the precision stays. */
  readonly quantized: QuantizeReport | null;
  readonly notes: readonly string[];
  /** null where nobody asked for it. */
  readonly verify: VerifyReport | null;
}

/** Operators of which there are more or fewer than before, the largest change first. */
export function changedOperators({
  before,
  after,
}: Pick<ConvertReport, "before" | "after">): { operator: string; before: number; after: number }[] {
  const [old, now] = [new Map(Object.entries(before.operators)), new Map(Object.entries(after.operators))];
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((operator) => ({ operator, before: old.get(operator) ?? 0, after: now.get(operator) ?? 0 }))
    .filter((row) => row.before !== row.after)
    .sort(
      (a, b) =>
        Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || (a.operator < b.operator ? -1 : 1),
    );
}
