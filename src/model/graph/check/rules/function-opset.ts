import { domainText, operatorText } from "../../label.ts";
import { schemaOf } from "../../schema/index.ts";
import type { Rule } from "../rule.ts";

export const functionOpset: Rule = {
  id: "function-opset",
  severity: "error",
  title: "A function that means another version of an operator than its model",
  remedy: "Let both import the same version of the set: a function is put in place of its calls.",
  node({ node, scope, callee, schema }, found, { model }) {
    if (!scope.function || callee || !schema) return;
    const ours = scope.opsets.get(node.domain);
    const theirs = model.opsets.get(node.domain);
    if (ours === undefined || theirs === undefined || ours === theirs) return;
    const outside = schemaOf(node.domain, node.op, theirs);
    if (outside?.since === schema.since) return;
    found(
      `${operatorText(node)} is one thing in ${domainText(node.domain)} ${ours}, which the function imports, and another in ${theirs}, which the model imports.`,
    );
  },
};
