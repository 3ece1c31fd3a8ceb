import { isOutput } from "../../graph/edit.ts";
import type { Graph, Model, Node, Value } from "../../graph/graph.ts";
import { type OperatorSchema, parameterAt, schemaOf } from "../../graph/schema/index.ts";
import { runGraphsOf, subgraphsOf } from "../../graph/walk.ts";
import { castTarget } from "../simplify/no-ops.ts";
import { type Rewrite, refersToCaller } from "../simplify/rewrite.ts";
import { BLIND, fullReason, MOVERS } from "./table.ts";

/** Which nodes are computed in float16, and which values they then give. */
export interface Plan {
  readonly half: ReadonlyMap<Node, Places>;
  /** Values of float32 that are to be float16. */
  readonly values: ReadonlySet<Value>;
  /** Nodes that stay, each with the reason; what computes nothing in floats is not among them. */
  readonly left: ReadonlyMap<Node, string>;
}

/** Why a node cannot do with its constants in float16; null where it can. */
export type ConstantsReason = (node: Node) => string | null;

/** The places of a node that are float32 now and may be float16, and what of it says that there may be none. */
export interface Places {
  readonly inputs: readonly number[];
  readonly outputs: readonly Value[];
}

/** Whether a node is to stay in float32, whatever it could. */
export type KeepNode = (node: Node) => boolean;

export const KEPT = "in float16 it would cost more than the tolerance allows";

export function planOf(
  model: Model,
  rewrite: Rewrite,
  graphs: ReadonlySet<Graph>,
  constants: ConstantsReason,
  keep: KeepNode = () => false,
): Plan {
  const functions = new Set(model.functions.map(({ domain, name }) => `${domain}\n${name}`));
  const half = new Map<Node, Places>();
  const values = new Set<Value>();
  const left = new Map<Node, string>();
  const waiting: Node[] = [];
  const take = (node: Node, places: Places) => {
    half.set(node, places);
    for (const value of places.outputs) values.add(value);
  };
  for (const graph of runGraphsOf(model)) {
    if (!graphs.has(graph)) continue;
    // In execution order: what is moved is known when it is moved.
    for (const node of graph.nodes) {
      const places = placesOf(node, rewrite, model);
      if (typeof places !== "string" && places.inputs.length + places.outputs.length === 0) continue;
      const reason =
        typeof places === "string"
          ? places
          : functions.has(`${node.domain}\n${node.op}`)
            ? "it is a function of the model"
            : ((node.domain === "" ? fullReason(node.op) : null) ??
              quantizedReason(node) ??
              constants(node) ??
              (keep(node) ? KEPT : null));
      if (reason !== null || typeof places === "string") {
        left.set(node, reason ?? "");
        continue;
      }
      if (isGenerator(node)) waiting.push(node);
      else if (!isMover(node) || movesHalf(node, places, values)) take(node, places);
    }
  }
  // What makes floats of something else makes those that are read.
  for (const node of waiting) {
    const places = placesOf(node, rewrite, model);
    if (typeof places === "string") continue;
    const isFree = places.outputs.every(
      (value) =>
        value.uses.length > 0 &&
        !isOutput(value) &&
        value.uses.every(({ node: reader, index }) => half.get(reader)?.inputs.includes(index)),
    );
    if (isFree) take(node, places);
  }
  return { half, values, left };
}

/** What stands between whole numbers is computed in them by the runtime, if nothing comes in between. */
function quantizedReason({ inputs }: Node): string | null {
  const isBetween = inputs.some((value) => {
    const producer = value?.producer;
    return producer?.op === "DequantizeLinear" && !producer.inputs[0]?.constant;
  });
  return isBetween ? "what it is given is quantised" : null;
}

/** Cast and ConstantOfShape say themselves of which type their output is. */
export function isGenerator({ domain, op }: Node): boolean {
  return domain === "" && (op === "Cast" || op === "ConstantOfShape");
}

export function isMover({ domain, op }: Node): boolean {
  return domain === "" && MOVERS.has(op);
}

/** Constants are moved in whatever type they have. */
function movesHalf(node: Node, { inputs }: Places, values: ReadonlySet<Value>): boolean {
  const moved = MOVERS.get(node.op) ?? inputs;
  return moved.some((index) => {
    const value = node.inputs[index];
    return value !== null && value !== undefined && (values.has(value) || value.constant !== null);
  });
}

/** The places of a node that change with its precision; or why it has none although it computes with floats. */
export function placesOf(node: Node, rewrite: Rewrite, model: Model): Places | string {
  const isFloat = (value: Value | null) => value !== null && rewrite.dtypeOf(value) === "float32";
  const inputs = node.inputs.flatMap((value, index) => (isFloat(value) ? [index] : []));
  const outputs = node.outputs.filter((value): value is Value => isFloat(value));
  if (node.domain === "" && BLIND.has(node.op)) return { inputs: [], outputs: [] };
  if (subgraphsOf(node).length > 0)
    return inputs.length + outputs.length > 0 ? "its branches or its body take float32" : { inputs, outputs };
  for (const value of [...node.inputs, ...node.outputs]) {
    if (value === null || rewrite.dtypeOf(value) !== null) continue;
    return rewrite.types.typeOf(value)
      ? "it takes or gives something else than tensors"
      : "not all of its types are known";
  }
  if (inputs.length + outputs.length === 0) return { inputs, outputs };
  if (refersToCaller(node)) return "its attributes are given where its function is called";
  if (isGenerator(node)) return generatorPlaces(node, inputs, outputs);
  const version = node.domain === "" ? rewrite.opset(node.graph) : (model.opsets.get(node.domain) ?? 0);
  const schema = schemaOf(node.domain, node.op, version);
  if (!schema) return "it is not known here";
  const takes = inputs.filter((index) => isAllowed(schema.inputs, index));
  const gives = outputs.filter((value) => isAllowed(schema.outputs, node.outputs.indexOf(value)));
  if (takes.length + gives.length === 0) return "it is defined in float32 alone";
  // What has no float among its inputs says in an attribute what it makes.
  return inputs.length === 0 ? "it makes float32 of something else" : { inputs: takes, outputs: gives };
}

/** A Cast to another type reads what there is. */
function generatorPlaces(node: Node, inputs: readonly number[], outputs: readonly Value[]): Places {
  if (node.op === "Cast" && castTarget(node) !== "float32") return { inputs: [], outputs: [] };
  return { inputs: node.op === "Cast" ? [] : inputs, outputs };
}

const HALF = "tensor(float16)";

function isAllowed(parameters: OperatorSchema["inputs"], index: number): boolean {
  return parameterAt(parameters, index)?.allowed.has(HALF) ?? false;
}
