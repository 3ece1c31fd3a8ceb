import type { Graph, Node, Value } from "../../graph/graph.ts";
import { isSameShape } from "../../graph/infer/index.ts";
import { numbersOf } from "./elements.ts";
import { inline } from "./inline.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** If whose condition is a constant: the branch that is taken, in its place. */
const branch: Rule = async (node, rewrite) => {
  const condition = await conditionOf(rewrite, node.inputs[0]);
  if (condition === null) return;
  const name = condition ? "then_branch" : "else_branch";
  const taken = node.attributes.get(name);
  // A branch that does not give what the node has is a mistake of the model's, and stays where it can be found.
  if (taken?.kind !== "graph" || taken.value.outputs.length !== node.outputs.length) return;
  inline(rewrite, node, taken.value, [], taken.value.outputs);
};

async function conditionOf(rewrite: Rewrite, value: Value | null | undefined): Promise<boolean | null> {
  const [constant] = (await numbersOf(rewrite, value)) ?? [];
  if (constant !== undefined) return constant !== 0;
  const known = value ? rewrite.types.knownOf(value)?.[0] : null;
  return typeof known === "number" ? known !== 0 : null;
}

/** Where with a condition that is the same everywhere, or with one value on both sides. */
const where: Rule = async (node, rewrite) => {
  const [condition, yes, no] = node.inputs;
  if (!yes || !no) return;
  let chosen: Value | null = yes === no ? yes : null;
  if (!chosen) {
    const elements = await numbersOf(rewrite, condition);
    if (elements?.length && elements.every((each) => each !== 0)) chosen = yes;
    if (elements?.length && elements.every((each) => each === 0)) chosen = no;
  }
  if (chosen && isSameShape(rewrite.shapeOf(chosen), rewrite.shapeOf(node.outputs[0])))
    rewrite.bypass(node, chosen);
};

/** Loop that runs exactly once or never, as constants tell: its body in its place, or nothing. */
const loop: Rule = async (node, rewrite) => {
  const [count, condition] = node.inputs;
  const body = node.attributes.get("body");
  if (body?.kind !== "graph") return;
  const times = count ? await numbersOf(rewrite, count) : null;
  const goesOn = condition ? await conditionOf(rewrite, condition) : true;
  const carried = node.inputs.slice(2);
  const scans = node.outputs.slice(carried.length);
  if (carried.includes(null) || scans.some((value) => value !== null)) return;
  if (times?.[0] === 0 || goesOn === false) inline(rewrite, node, null, [], carried);
  else if (times?.[0] === 1 && goesOn === true) runOnce(rewrite, node, body.value, carried);
};

function runOnce(rewrite: Rewrite, node: Node, body: Graph, carried: readonly (Value | null)[]): void {
  const [iteration, condition, ...states] = body.inputs;
  if (!iteration || !condition || states.length !== carried.length) return;
  if (body.outputs.length - 1 < node.outputs.length) return;
  const first = rewrite.scalar(node.graph, iteration.name, "int64", 0);
  const yes = rewrite.scalar(node.graph, condition.name, "bool", 1);
  const given: [Value, Value][] = [
    [iteration, first],
    [condition, yes],
  ];
  states.forEach((state, i) => {
    given.push([state, carried[i] as Value]);
  });
  inline(rewrite, node, body, given, body.outputs.slice(1));
}

export const choices = rulesPass(
  "choices",
  "Nothing is chosen at run time that constants choose: If, Where, Loop.",
  {
    If: branch,
    Loop: loop,
    Where: where,
  },
);
