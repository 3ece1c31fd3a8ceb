import type { ModelFunction, Value } from "../graph.ts";
import { parameterAt, schemaOf } from "../schema/index.ts";
import { calledBy, type KnownFunction } from "./functions.ts";

/**
 * The inputs that each function needs, by their indices, in order: a call may leave out any, but where the body gives one to an
 * operator that cannot do without, or to a function that needs it, the call computes nothing.
 */
export function neededInputs(
  functions: ReadonlyMap<string, KnownFunction>,
): ReadonlyMap<ModelFunction, readonly number[]> {
  const needed = new Set<Value>();
  /** By an input of a function: the inputs of others that are handed to it. */
  const handed = new Map<Value, Value[]>();
  for (const { function: owner } of functions.values()) {
    for (const input of owner.graph.inputs) {
      for (const { node, index } of input.uses) {
        const callee = calledBy(node, functions);
        const given = callee?.function.graph.inputs[index];
        if (given) {
          const givers = handed.get(given);
          if (givers) givers.push(input);
          else handed.set(given, [input]);
        }
        if (callee) continue;
        const opset = owner.opsets.get(node.domain);
        const schema = opset === undefined ? undefined : schemaOf(node.domain, node.op, opset);
        if (schema && parameterAt(schema.inputs, index)?.option === "single") needed.add(input);
      }
    }
  }
  // What joins the set while it is walked through is walked through too.
  for (const value of needed) for (const giver of handed.get(value) ?? []) needed.add(giver);
  return new Map(
    [...functions.values()].map(({ function: owner }) => [
      owner,
      owner.graph.inputs.flatMap((input, index) => (needed.has(input) ? [index] : [])),
    ]),
  );
}
