import { domainText, operatorText } from "../../label.ts";
import type { Rule } from "../rule.ts";

/** Files before this IR version have no operator sets. */
const FIRST_IR_WITH_OPSETS = 3;

export const opsetMissing: Rule = {
  id: "opset-missing",
  severity: "error",
  title: "An operator of a set that is not imported",
  remedy: "Add an entry for the domain to opset_import, with the version that the operator is meant to have.",
  model({ model }, found) {
    if (model.opsets.size === 0 && model.irVersion >= FIRST_IR_WITH_OPSETS)
      found("The model imports no operator sets, so no operator has a meaning.");
  },
  node({ node, scope, callee }, found) {
    // Said once above.
    if (scope.opsets.size === 0 && !scope.function) return;
    if (scope.opsets.has(node.domain) || node.op === "") return;
    const who = scope.function ? "the function" : "the model";
    found(`${operatorText(node)} belongs to ${domainText(node.domain)}, which ${who} does not import.`, {
      severity: callee ? "warning" : "error",
    });
  },
};
