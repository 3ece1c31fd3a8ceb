import { nameText, operatorText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const attributeUnknown: Rule = {
  id: "attribute-unknown",
  severity: "error",
  title: "An attribute that the operator does not have",
  remedy: "Take it out, or import the version of the operator set that has it.",
  node({ node, schema, callee }, found) {
    if (schema && !schema.deprecated) {
      for (const name of node.attributes.keys()) {
        // Names with two underscores are notes of tools, which everybody steps over (onnx, OpSchema::Verify).
        if (schema.attributes.has(name) || name.startsWith("__")) continue;
        found(`${operatorText(node)} of version ${schema.since} has no attribute ${nameText(name)}.`, {
          attribute: name,
          severity: node.domain === "com.microsoft" ? "warning" : "error",
        });
      }
    } else if (callee && node.attributes.size > 0) {
      for (const name of node.attributes.keys()) {
        if (callee.attributes.has(name)) continue;
        found(`The function ${operatorText(node)} has no attribute ${nameText(name)}.`, {
          attribute: name,
          severity: "warning",
        });
      }
    }
  },
};
