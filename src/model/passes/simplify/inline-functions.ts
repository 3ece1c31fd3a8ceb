import { nodeNames } from "../../graph/edit.ts";
import type { Attribute, Graph, Model, ModelFunction, Node, Value } from "../../graph/graph.ts";
import { graphsWithin } from "../../graph/walk.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Pass } from "../pass.ts";
import { workOutTypes } from "../types.ts";
import { type Copying, copyAttributes, keepNotes, shareConstants, standIn } from "./copy-graph.ts";
import { takeOutput } from "./inline.ts";
import { isShared, planInlining } from "./inline-plan.ts";
import { Rewrite } from "./rewrite.ts";

/** Longer names are not joined, nor taken for a copy: calls within calls would make them longer and longer. */
const LONGEST_NAME = 256;
/** Functions that a note names; the others are much the same. */
const NAMED = 8;

/**
 * A call of one of the model's functions is what the function is made of. Functions that call themselves, or whose operators
 * mean something else in the model, stay, and so do all where they would make the model very large.
 */
export const inlineFunctions: Pass = {
  name: "inline-functions",
  promises: "No function of the model is called whose operators could stand in its place.",
  async run(model, context) {
    if (model.functions.length === 0) return { model, modified: false };
    const plan = planInlining(model);
    for (const text of plan.left.slice(0, NAMED)) context.note(text);
    const calls: Node[] = [];
    for (const { nodes } of graphsWithin(model.graph))
      for (const node of nodes) if (plan.calledBy(node)) calls.push(node);
    if (calls.length === 0) return { model, modified: false };
    const types = await (context.types?.(model) ?? workOutTypes(model, context.signal));
    const rewrite = new Rewrite(model, types, context);
    const names = nodeNames(model);
    const shared = initializersOf(rewrite);
    for (let call = calls.pop(); call; call = calls.pop()) {
      const called = plan.calledBy(call);
      if (!called || !isWhole(call, called)) continue;
      expand(rewrite, call, called, {
        shared,
        fresh: (hint) => rewrite.fresh(short(hint)),
        nodeName: (node) => (node.name === "" ? "" : names(nameIn(call, node))),
        made(node) {
          if (plan.calledBy(node)) calls.push(node);
        },
      });
    }
    rewrite.commit();
    if (rewrite.modified) importAll(model, plan.imports);
    return { model, modified: rewrite.modified };
  },
};

function importAll(model: Model, imports: ReadonlyMap<string, number>): void {
  for (const [domain, version] of imports) if (!model.opsets.has(domain)) model.opsets.set(domain, version);
}

/** Whether every output that the call has is one that the function gives. */
function isWhole({ inputs, outputs }: Node, { graph }: ModelFunction): boolean {
  const omitted = new Set(graph.inputs.filter((_, at) => !inputs[at]));
  return outputs.every((output, at) => {
    const given = graph.outputs[at];
    return !output || (given && !omitted.has(given));
  });
}

/** Constants of functions become initializers of the model, once for all calls. */
function initializersOf(rewrite: Rewrite): (of: Value, tensor: LazyTensor) => Value {
  const made = new Map<Value, Value>();
  return (of, tensor) => {
    let value = made.get(of);
    if (!value) {
      value = rewrite.constant(rewrite.model.graph, short(of.name), tensor);
      made.set(of, value);
    }
    return value;
  };
}

function short(name: string): string {
  return name.length <= LONGEST_NAME ? name : "value";
}

function expand(
  rewrite: Rewrite,
  call: Node,
  called: ModelFunction,
  means: Pick<Copying, "shared" | "fresh" | "nodeName" | "made">,
): void {
  const target: Graph = call.graph;
  const body = called.graph;
  const copying: Copying = {
    values: new Map(body.inputs.map((input, at) => [input, call.inputs[at] ?? null])),
    body,
    target,
    parameters: parametersOf(call, called),
    ...means,
  };
  const constants = shareConstants(copying, body);
  for (const node of body.nodes) {
    if (isShared(node, constants)) continue;
    const { domain, op } = node;
    const copy = rewrite.insertBefore(call, {
      op,
      domain,
      name: copying.nodeName(node),
      inputs: node.inputs.map((value) => value && standIn(copying, value)),
      outputs: node.outputs.map((value) => value && standIn(copying, value)),
      attributes: copyAttributes(copying, node.attributes, target),
    });
    keepNotes(copy, node);
    copying.made(copy);
  }
  for (const [at, output] of call.outputs.entries()) {
    const given = body.outputs[at];
    const value = given && standIn(copying, given);
    if (output && value) takeOutput(rewrite, call, output, value);
  }
  rewrite.remove(call);
}

function parametersOf({ attributes }: Node, { defaults }: ModelFunction): ReadonlyMap<string, Attribute> {
  return defaults ? new Map([...defaults, ...attributes]) : attributes;
}

/** What a node of a function is called where the function is called. */
function nameIn(call: Node, { name, op }: Node): string {
  const joined = call.name === "" ? name : `${call.name}/${name}`;
  return joined.length <= LONGEST_NAME ? joined : op;
}
