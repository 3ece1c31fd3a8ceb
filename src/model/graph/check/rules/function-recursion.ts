import type { ModelFunction } from "../../graph.ts";
import { nameText, someOf } from "../../label.ts";
import { graphsWithin } from "../../walk.ts";
import { calledBy } from "../functions.ts";
import type { CheckContext, Rule } from "../rule.ts";

export const functionRecursion: Rule = {
  id: "function-recursion",
  severity: "error",
  title: "A function that calls itself",
  remedy:
    "Functions are put in place of their calls, which here would never end: write the loop with Loop or Scan.",
  model(context, found) {
    for (const cycle of cyclesOf(context)) {
      const [first] = cycle;
      const scope = first && context.scopes.get(first.graph);
      const names = someOf(cycle.map(({ name }) => nameText(name)));
      found(
        cycle.length === 1
          ? `The function ${names} calls itself.`
          : `The functions ${names} call each other.`,
        scope ? { scope } : {},
      );
    }
  },
};

/** Functions that reach themselves, those of one cycle together (Tarjan's components, without recursion). */
function cyclesOf({ model, functions }: CheckContext): ModelFunction[][] {
  const cycles: ModelFunction[][] = [];
  const calls = new Map(model.functions.map((each) => [each, callsOf(each, functions)]));
  const order = new Map<ModelFunction, number>();
  const low = new Map<ModelFunction, number>();
  const open = new Set<ModelFunction>();
  const stack: ModelFunction[] = [];
  for (const start of model.functions) {
    if (order.has(start)) continue;
    const path: { at: ModelFunction; next: Iterator<ModelFunction> }[] = [];
    const enter = (each: ModelFunction) => {
      order.set(each, order.size);
      low.set(each, order.size - 1);
      open.add(each);
      stack.push(each);
      path.push({ at: each, next: (calls.get(each) ?? new Set()).values() });
    };
    enter(start);
    for (let step = path.at(-1); step; step = path.at(-1)) {
      const { value: callee, done } = step.next.next();
      if (!done) {
        if (!order.has(callee)) enter(callee);
        else if (open.has(callee))
          low.set(step.at, Math.min(low.get(step.at) as number, order.get(callee) as number));
        continue;
      }
      path.pop();
      const before = path.at(-1);
      if (before) low.set(before.at, Math.min(low.get(before.at) as number, low.get(step.at) as number));
      if (low.get(step.at) !== order.get(step.at)) continue;
      const component: ModelFunction[] = [];
      let member: ModelFunction | undefined;
      do {
        member = stack.pop();
        if (!member) break;
        open.delete(member);
        component.push(member);
      } while (member !== step.at);
      if (component.length > 1 || calls.get(step.at)?.has(step.at)) cycles.push(component.reverse());
    }
  }
  return cycles;
}

function callsOf(caller: ModelFunction, functions: CheckContext["functions"]): Set<ModelFunction> {
  const calls = new Set<ModelFunction>();
  for (const graph of graphsWithin(caller.graph)) {
    for (const node of graph.nodes) {
      const callee = calledBy(node, functions);
      if (callee) calls.add(callee.function);
    }
  }
  return calls;
}
