import type { Value } from "../../graph.ts";
import { nameText, operatorText } from "../../label.ts";
import { type FormalParameter, parameterAt } from "../../schema/index.ts";
import type { Found, Rule } from "../rule.ts";

export const nodeArity: Rule = {
  id: "node-arity",
  severity: "error",
  title: "A node with too few or too many inputs or outputs",
  remedy: "Look the operator up in the version that the model imports: it may be meant for another.",
  node({ node, schema, callee }, found, { needed }) {
    const who = operatorText(node);
    if (schema && !schema.deprecated) {
      count(who, "input", node.inputs.length, schema.minInputs, schema.maxInputs, found);
      count(who, "output", node.outputs.length, schema.minOutputs, schema.maxOutputs, found);
      leftOut(who, "input", node.inputs, schema.inputs, found);
      leftOut(who, "output", node.outputs, schema.outputs, found);
    } else if (callee) {
      // A function's parameters may be left out where its body can do without.
      count(who, "input", node.inputs.length, 0, callee.function.graph.inputs.length, found);
      count(who, "output", node.outputs.length, 0, callee.function.graph.outputs.length, found);
      const missing = needed.get(callee.function)?.find((index) => !node.inputs[index]);
      const input = missing === undefined ? undefined : callee.function.graph.inputs[missing];
      if (input)
        found(
          `${who} leaves out its input ${missing} (${nameText(input.name)}), which an operator in it needs.`,
          {
            remedy: "Give the call this input, or let the function do without.",
          },
        );
    }
  },
};

function count(who: string, what: string, has: number, least: number, most: number, found: Found): void {
  if (has >= least && has <= most) return;
  const takes =
    least === most
      ? `${least}`
      : most === Number.POSITIVE_INFINITY
        ? `${least} or more`
        : `${least} to ${most}`;
  found(
    `${who} has ${has} ${what}${has === 1 ? "" : "s"} where ${takes} ${takes === "1" ? "belongs" : "belong"}.`,
  );
}

function leftOut(
  who: string,
  what: string,
  values: readonly (Value | null)[],
  parameters: readonly FormalParameter[],
  found: Found,
): void {
  // Beyond the single ones everything may be left out.
  const end = Math.min(values.length, parameters.length);
  for (let i = 0; i < end; i++) {
    const parameter = parameterAt(parameters, i);
    if (values[i] === null && parameter?.option === "single")
      found(`${who} leaves out its ${what} ${i} (${nameText(parameter.name)}), which must be there.`);
  }
}
