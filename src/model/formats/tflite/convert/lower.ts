import { keyOf, OPERATORS } from "../operators/table.ts";
import type { Build } from "./build.ts";
import { checkDepth, countBody, countNodes } from "./context.ts";
import { opOf } from "./operator.ts";
import { checkOrder } from "./order.ts";
import { Refusal } from "./refusal.ts";

/** Converts the operators of a graph in their order. What cannot be converted is noted, and the rest looked at all the same. */
export async function lowerOperators(build: Build): Promise<void> {
  const { context, subgraph, graph, open } = build;
  checkDepth(open.slice(0, -1), subgraph, context);
  if (open.length > 1) countBody(context, subgraph, build.resources.size);
  checkOrder(subgraph, context);
  for (const operator of subgraph.operators) {
    context.signal?.throwIfAborted();
    const row = OPERATORS.get(keyOf(operator.name, operator.isCustom));
    const before = graph.nodes.length;
    build.begin(operator);
    try {
      if (!row) throw new Refusal("");
      // Most operators are converted at once: waiting for each would take longer than its conversion.
      const done = row.lower(opOf(operator), build);
      if (done) await done;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      context.refused.push({ operator, reason: error.message });
      for (const tensor of operator.outputs) build.placeholder(tensor);
    }
    countNodes(context, graph.nodes.length - before);
  }
}
