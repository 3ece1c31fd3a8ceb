import { isOutput } from "../../graph/edit.ts";
import type { Graph, Model, Node, Value } from "../../graph/graph.ts";
import { nameText, operatorText, someOf } from "../../graph/label.ts";
import { constantTensor } from "../../tensor/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Evaluate, Pass } from "../pass.ts";
import { workOutTypes } from "../types.ts";
import { FOLDED_DOMAINS, planFolding } from "./fold-plan.ts";
import { Rewrite } from "./rewrite.ts";

/** Constants and outputs that one evaluation holds: the runtime has a copy of each. */
const MAX_GROUP_BYTES = 64 * 1024 * 1024;
/** What is folded in one round stays in memory until the model is written. */
const MAX_FOLDED_BYTES = 512 * 1024 * 1024;
/** Evaluations of a round: most models need one; a node that the runtime refuses costs two more for each halving. */
const MAX_EVALUATIONS = 256;

/** Nodes that the runtime refused: they are not tried again while the model is in memory. */
const refused = new WeakSet<Node>();

const NAME = "fold-constants";

/**
 * What depends on constants alone is computed now. The runtime computes it, many nodes at once; where it refuses, the nodes
 * stay as they are. A result is kept only where it is no larger than what it is computed from, or small.
 */
export const foldConstants: Pass = {
  name: NAME,
  promises: "Nothing small is computed from constants alone.",
  keepsTypes: true,
  async run(model, context) {
    const { evaluate } = context;
    if (!evaluate) return { model, modified: false };
    const types = await (context.types?.(model) ?? workOutTypes(model, context.signal));
    const rewrite = new Rewrite(model, types, context);
    const { nodes, bytes, wanted, tooLarge } = planFolding(rewrite, refused);
    if (tooLarge.size > 0) context.note(tooLargeText(tooLarge), "at last");
    const budget = { evaluations: MAX_EVALUATIONS };
    let folded = 0;
    for (const group of groupsOf(rewrite, wanted, nodes, bytes)) {
      for (const value of group) folded += bytes.get(value) ?? 0;
      if (folded > MAX_FOLDED_BYTES) break;
      for (const [value, tensor] of await answers(rewrite, evaluate, group, nodes, budget))
        settle(rewrite, value, tensor);
    }
    rewrite.commit();
    return { model, modified: rewrite.modified };
  },
};

/** Why nodes stay that read nothing but constants. */
function tooLargeText(nodes: ReadonlyMap<Node, number>): string {
  let bytes = 0;
  for (const each of nodes.values()) bytes += each;
  const operators = someOf([...new Set([...nodes.keys()].map(operatorText))].sort());
  const what = nodes.size === 1 ? "one node of constants stays" : `${nodes.size} nodes of constants stay`;
  return `${what} (${operators}): written out, the file would be ${(bytes / 2 ** 20).toFixed(1)} MB larger; nothing is folded into them either`;
}

/** Values that are evaluated together, as many as one evaluation may hold with all that they depend on. */
function groupsOf(
  rewrite: Rewrite,
  values: readonly Value[],
  within: ReadonlySet<Node>,
  bytes: ReadonlyMap<Value, number>,
): Value[][] {
  const groups: Value[][] = [];
  let group: Value[] = [];
  let done = new Set<Node>();
  let held = 0;
  for (const value of values) {
    let cost = costOf(rewrite, closureOf(rewrite, value, within, done), bytes);
    if (held + cost > MAX_GROUP_BYTES && group.length > 0) {
      groups.push(group);
      group = [];
      done = new Set();
      held = 0;
      cost = costOf(rewrite, closureOf(rewrite, value, within, done), bytes);
    }
    // What depends on more than that is left as it is.
    if (cost > MAX_GROUP_BYTES) {
      done = new Set();
      held = MAX_GROUP_BYTES;
      continue;
    }
    group.push(value);
    held += cost;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

function costOf(rewrite: Rewrite, nodes: readonly Node[], bytes: ReadonlyMap<Value, number>): number {
  let cost = 0;
  for (const { inputs, outputs } of nodes) {
    for (const input of new Set(inputs)) if (rewrite.isConstant(input)) cost += input.constant.byteLength;
    for (const output of outputs) if (output) cost += bytes.get(output) ?? 0;
  }
  return cost;
}

/**
 * The nodes that a value depends on, in execution order, but for those that are done; they are done then.
 * Depth first, without recursion: a chain of constants may be long.
 */
function closureOf(rewrite: Rewrite, value: Value, within: ReadonlySet<Node>, done: Set<Node>): Node[] {
  const nodes: Node[] = [];
  const waiting = value.producer ? [value.producer] : [];
  for (let node = waiting.at(-1); node; node = waiting.at(-1)) {
    const before = done.has(node)
      ? []
      : node.inputs.flatMap((input) => {
          const producer = input && !rewrite.isConstant(input) ? input.producer : null;
          return producer && within.has(producer) && !done.has(producer) ? [producer] : [];
        });
    if (before.length > 0) {
      waiting.push(...before);
      continue;
    }
    waiting.pop();
    if (done.has(node)) continue;
    done.add(node);
    nodes.push(node);
  }
  return nodes;
}

async function answers(
  rewrite: Rewrite,
  evaluate: Evaluate,
  values: readonly Value[],
  within: ReadonlySet<Node>,
  budget: { evaluations: number },
): Promise<[Value, Tensor][]> {
  const { context } = rewrite;
  if (budget.evaluations-- <= 0 || values.length === 0) return [];
  const { model, names } = modelOf(rewrite, values, within);
  try {
    const tensors = await evaluate(model, {}, context.signal);
    return values.flatMap((value) => {
      const tensor = tensors[names.get(value) ?? ""];
      return tensor && isExpected(rewrite, value, tensor) ? [[value, tensor]] : [];
    });
  } catch (error) {
    context.signal?.throwIfAborted();
    const [only] = values;
    if (values.length === 1 && only?.producer) {
      refused.add(only.producer);
      const reason = error instanceof Error ? error.message : String(error);
      context.note(
        `${operatorText(only.producer)} ${nameText(only.producer.name || only.name)} is not folded: ${reason}`,
      );
      return [];
    }
    const half = Math.ceil(values.length / 2);
    return [
      ...(await answers(rewrite, evaluate, values.slice(0, half), within, budget)),
      ...(await answers(rewrite, evaluate, values.slice(half), within, budget)),
    ];
  }
}

/** A tensor of another type or shape than was worked out is a disagreement about the operator: better left alone. */
function isExpected(rewrite: Rewrite, value: Value, { dtype, shape }: Tensor): boolean {
  return rewrite.dtypeOf(value) === dtype && rewrite.shapeOf(value)?.join() === shape.join();
}

/** A model of the nodes that some values depend on. Names are its own: branches beside each other may share theirs. */
function modelOf(
  rewrite: Rewrite,
  values: readonly Value[],
  within: ReadonlySet<Node>,
): { model: Model; names: Map<Value, string> } {
  const graph: Graph = {
    name: "folded",
    inputs: [],
    outputs: [],
    nodes: [],
    values: new Map(),
    parent: null,
  };
  const copies = new Map<Value, Value>();
  const copy = (value: Value): Value => {
    let own = copies.get(value);
    if (!own) {
      const name = `v${copies.size}`;
      const constant = rewrite.isConstant(value) ? value.constant : null;
      own = { name, graph, type: null, producer: null, uses: [], constant };
      graph.values.set(name, own);
      copies.set(value, own);
    }
    return own;
  };
  const done = new Set<Node>();
  for (const value of values) {
    for (const node of closureOf(rewrite, value, within, done)) {
      const own: Node = {
        ...node,
        inputs: node.inputs.map((input) => input && copy(input)),
        outputs: node.outputs.map((output) => output && copy(output)),
        graph,
      };
      own.inputs.forEach((input, index) => {
        input?.uses.push({ node: own, index });
      });
      for (const output of own.outputs) if (output) output.producer = own;
      graph.nodes.push(own);
    }
    const output = copy(value);
    output.type = rewrite.types.typeOf(value);
    graph.outputs.push(output);
  }
  const { model } = rewrite;
  const names = new Map(values.map((value) => [value, copy(value).name]));
  const opsets = new Map([...model.opsets].filter(([domain]) => FOLDED_DOMAINS.has(domain)));
  return {
    model: { ...model, opsets, graph, functions: [], metadata: new Map(), notes: [], doc: "" },
    names,
  };
}

/** The result as a constant in place of the value; an output of the graph is given its name by an Identity. */
function settle(rewrite: Rewrite, value: Value, tensor: Tensor): void {
  const { producer, graph } = value;
  if (!producer || (isOutput(value) && producer.outputs.length > 1)) return;
  const constant = rewrite.constant(
    graph,
    `${value.name}_folded`,
    constantTensor(tensor, `folded ${producer.op}`),
  );
  if (rewrite.replace(value, constant)) return;
  for (const { node, index } of [...value.uses]) rewrite.setInput(node, index, constant);
  rewrite.insertBefore(producer, {
    op: "Identity",
    name: producer.name,
    inputs: [constant],
    outputs: [value],
  });
  rewrite.remove(producer);
}
