import { domainText, operatorText } from "../../label.ts";
import { newestOpset, schemaVersions } from "../../schema/index.ts";
import type { Rule } from "../rule.ts";

export const operatorUnknown: Rule = {
  id: "operator-unknown",
  severity: "error",
  title: "An operator that nobody knows",
  remedy: "Export the model with the standard's operators, or bring the library that has this one.",
  node({ node, scope, callee, schema }, found) {
    const opset = scope.opsets.get(node.domain);
    if (callee || schema || opset === undefined || node.op === "") return;
    const [first] = schemaVersions(node.domain, node.op);
    if (first) {
      found(
        `${operatorText(node)} came with version ${first.since} of ${domainText(node.domain)}; the model imports ${opset}.`,
        { remedy: `Import version ${first.since} or newer.` },
      );
    } else if (newestOpset(node.domain) === undefined) {
      found(`${operatorText(node)} is an operator of somebody's own.`, {
        severity: "warning",
        remedy: "ONNX Runtime needs the library that brings it; everything but running works without.",
      });
    } else {
      // Builds of the runtime add to their own domains as they like.
      const severity = node.domain.startsWith("com.microsoft") ? "warning" : "error";
      found(`There is no operator ${operatorText(node)} in ${domainText(node.domain)}.`, { severity });
    }
  },
};
