import type { Graph, Model, Node, Value } from "../../../graph/graph.ts";
import { runGraphsOf } from "../../../graph/walk.ts";
import { elementCount } from "../../../tensor/index.ts";
import { type Rewrite, refersToCaller } from "../../simplify/rewrite.ts";
import { otherReader } from "../weights.ts";
import { type Core, coreOf } from "./core.ts";
import { Groups } from "./groups.ts";
import { FLOAT_WEIGHTS, FOLLOW } from "./table.ts";

/** What is computed in 8 bits, and which values are held so. */
export interface StaticPlan {
  readonly cores: readonly Core[];
  /** Values that are rounded, in the order of the graph. */
  readonly values: ReadonlySet<Value>;
  /** Constants that are added, multiplied or joined to such. */
  readonly constants: ReadonlyMap<Value, readonly { readonly node: Node; readonly index: number }[]>;
  readonly groups: Groups;
  readonly left: ReadonlyMap<Node, string>;
}

const NOT_MAIN = "it stands in a branch, a body or a function, whose values are not seen";
const NOT_FINITE = "what it is given or gives was not seen to be finite numbers";

/** Constants beside values of 8 bits that are read at once; larger ones are nothing that is added to every channel. */
const MAX_CONSTANT = 1_000_000;

/**
 * Convolutions and products with constant weights are computed in 8 bits, and what stands between them as far as it has a kernel
 * for that.
 * @param isUsable whether a value has a range; before anything was seen, every one has
 */
export function planOf(
  model: Model,
  rewrite: Rewrite,
  isUsable: (value: Value) => boolean,
  isWhole: (core: Core) => boolean,
): StaticPlan {
  const { graph } = model;
  const left = new Map<Node, string>();
  const cores = coresOf(model, rewrite, left);
  const values = new Set<Value>();
  const kept = new Map<Node, Core>();
  const canHold = (value: Value | null | undefined): value is Value =>
    value != null && value.graph === graph && !value.constant && rewrite.dtypeOf(value) === "float32";
  for (const core of cores) {
    const given = core.node.inputs[0];
    const gives = isConvolution(core) ? boundedOf(core.output, rewrite) : null;
    const reason = !canHold(given)
      ? "what it is given is constant"
      : !isWhole(core)
        ? "its weights are not all finite numbers"
        : !isUsable(given) || (gives && !isUsable(gives))
          ? NOT_FINITE
          : null;
    if (reason !== null || !given) {
      left.set(core.node, reason ?? NOT_FINITE);
      continue;
    }
    kept.set(core.node, core);
    values.add(given);
    if (gives) values.add(gives);
  }
  const groups = new Groups();
  const constants = new Map<Value, { node: Node; index: number }[]>();
  for (const node of graph.nodes) {
    const row = node.domain === "" ? FOLLOW.get(node.op) : undefined;
    if (!row || refersToCaller(node) || row.fits?.(node) === false) continue;
    const places = row.inputs ?? node.inputs.map((_, index) => index);
    const [output] = node.outputs;
    const gives = output ? boundedOf(output, rewrite) : null;
    if (!output || !gives || !canHold(gives) || !isUsable(gives)) continue;
    const fixed = places.filter((index) => isFixed(node.inputs[index], rewrite));
    const isHeld = places.every((index) => {
      const value = node.inputs[index];
      return value && (values.has(value) || (row.constants && fixed.includes(index)));
    });
    if (!isHeld || fixed.length === places.length) continue;
    // What moves numbers gives them with the scale that they have, bounded or not.
    if (row.kind === "moves") {
      if (gives !== output && !isUsable(output)) continue;
      for (const index of places) groups.join(node.inputs[index] as Value, output);
      values.add(output);
      continue;
    }
    values.add(gives);
    for (const index of fixed) {
      const value = node.inputs[index] as Value;
      const uses = constants.get(value);
      if (uses) uses.push({ node, index });
      else constants.set(value, [{ node, index }]);
    }
  }
  return { cores: [...kept.values()], values, constants, groups, left };
}

function isConvolution({ node }: Core): boolean {
  return node.op === "Conv";
}

/** A constant of float32 that can be rounded at once. */
function isFixed(value: Value | null | undefined, rewrite: Rewrite): boolean {
  return (
    rewrite.isConstant(value) &&
    value.constant.dtype === "float32" &&
    elementCount(value.constant.shape, value.name) <= MAX_CONSTANT
  );
}

/** Where a value is only read by a Relu or a Clip, what that gives: rounding to the range then bounds it too. */
function boundedOf(value: Value, rewrite: Rewrite): Value {
  const reader = rewrite.onlyReader(value);
  if (reader?.domain !== "" || refersToCaller(reader)) return value;
  const isBound =
    reader.op === "Relu" ||
    (reader.op === "Clip" &&
      reader.inputs[0] === value &&
      reader.inputs.slice(1).every((bound) => bound === null || rewrite.isConstant(bound)));
  return isBound ? (reader.outputs[0] ?? value) : value;
}

function coresOf(model: Model, rewrite: Rewrite, left: Map<Node, string>): Core[] {
  const found = new Map<Value, Core[]>();
  for (const graph of runGraphsOf(model)) {
    for (const node of graph.nodes) {
      if (node.domain !== "") continue;
      const reason = FLOAT_WEIGHTS.get(node.op);
      if (reason !== undefined) left.set(node, reason);
      const seen = coreOf(node, rewrite);
      if (seen === null) continue;
      if (typeof seen === "string") left.set(node, seen);
      else if (!isMain(graph, model)) left.set(node, NOT_MAIN);
      else if (found.has(seen.weight)) found.get(seen.weight)?.push(seen);
      else found.set(seen.weight, [seen]);
    }
  }
  const cores: Core[] = [];
  for (const [weight, readers] of found) {
    const isOne = readers.every(({ axis }) => axis === readers[0]?.axis);
    const reason = isOne ? otherReader(weight, readers) : "its weights are read in two ways";
    if (reason === null) cores.push(...readers);
    else for (const { node } of readers) left.set(node, reason);
  }
  return cores;
}

function isMain(graph: Graph, model: Model): boolean {
  return graph === model.graph;
}
