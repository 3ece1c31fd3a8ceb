import type { Graph, Model, Node, Value } from "../../graph/graph.ts";
import { graphsOf } from "../../graph/walk.ts";
import type { Pass } from "../pass.ts";
import { numbersOf } from "../simplify/elements.ts";
import { graphPass, type Rewrite } from "../simplify/rewrite.ts";
import { snapshot } from "../snapshot.ts";
import { joinBeforeTransposing } from "./joined.ts";
import { Sink } from "./sink.ts";
import { PASSAGES } from "./table.ts";

/** Nets have some thousands of nodes; in a graph of more than these, working out types would take many seconds. */
const MAX_NODES = 100_000;

const sinking = graphPass(
  "layout",
  "No tensor is transposed and, after nodes that work in either layout, transposed back.",
  async (graph, rewrite) => {
    if (!meets(graph)) return;
    new Sink(graph, { rewrite, settings: await settingsOf(graph, rewrite) }).run();
    joinBeforeTransposing(graph, rewrite);
  },
);

/**
 * Models that keep channels last have transpositions around everything that wants them first. They are moved behind the
 * nodes that compute the same in either layout, with what those say of axes, until they meet others and are one or none. What
 * is left of them before a Concat is moved behind it.
 * Inputs and outputs of the graph keep their layouts. Whether one passes a node is decided there, by what is foreseen behind it:
 * where more are left than there were in the end, all of it is undone.
 */
export const layout: Pass = {
  ...sinking,
  async run(model, context) {
    // Working out types takes longer than finding that there is nothing to do.
    if (!hasMeeting(model)) return { model, modified: false };
    const undo = snapshot(model);
    const before = transposesIn(model);
    // With types of its own: what it says of values there must not outlive them.
    const { types: _, ...own } = context;
    const result = await sinking.run(model, own);
    if (transposesIn(model) <= before) return result;
    undo();
    return { model, modified: false };
  },
};

function transposesIn(model: Model): number {
  let count = 0;
  for (const graph of graphsOf(model))
    for (const { op, domain } of graph.nodes) if (op === "Transpose" && domain === "") count++;
  return count;
}

function hasMeeting(model: Model): boolean {
  for (const graph of graphsOf(model)) if (meets(graph)) return true;
  return false;
}

/** Whether transpositions could meet at a node, if they passed all that they may. */
function meets({ nodes }: Graph): boolean {
  if (nodes.length > MAX_NODES) return false;
  const behind = new Set<Value>();
  for (const node of nodes) {
    const isTranspose = node.op === "Transpose" && node.domain === "";
    const reading = new Set(node.inputs.filter((value) => value && behind.has(value)));
    if (reading.size > (isTranspose ? 0 : 1)) return true;
    if (isTranspose || (reading.size > 0 && isPassed(node)))
      for (const value of node.outputs) if (value) behind.add(value);
  }
  return false;
}

function isPassed({ op, domain }: Node): boolean {
  return domain === "" && PASSAGES.has(op);
}

/** The numbers that say what nodes do, which rules look at. */
async function settingsOf({ nodes }: Graph, rewrite: Rewrite): Promise<Map<Value, readonly number[]>> {
  const settings = new Map<Value, readonly number[]>();
  for (const node of nodes) {
    if (!isPassed(node)) continue;
    for (const index of PASSAGES.get(node.op)?.settings ?? []) {
      const value = node.inputs[index];
      if (!value || settings.has(value) || !rewrite.isConstant(value)) continue;
      const numbers = await numbersOf(rewrite, value);
      if (numbers) settings.set(value, numbers);
    }
  }
  return settings;
}
