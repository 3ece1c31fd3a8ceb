import { domainText, operatorText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const operatorDeprecated: Rule = {
  id: "operator-deprecated",
  severity: "error",
  title: "An operator that its set no longer has",
  remedy: "Import an older version of the set, or upgrade the model, which replaces the operator.",
  node({ node, scope, schema }, found) {
    if (!schema?.deprecated) return;
    const opset = scope.opsets.get(node.domain);
    found(
      `${operatorText(node)} was taken out of ${domainText(node.domain)} with version ${schema.since}; the model imports ${opset}.`,
    );
  },
};
