import { nameText, operatorText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const attributeMissing: Rule = {
  id: "attribute-missing",
  severity: "error",
  title: "An attribute that must be there and is not",
  remedy: "Add it: nothing holds in its place.",
  node({ node, schema, callee }, found) {
    if (schema && !schema.deprecated) {
      for (const { name, required } of schema.attributes.values()) {
        if (required && !node.attributes.has(name))
          found(`${operatorText(node)} needs the attribute ${nameText(name)}.`, { attribute: name });
      }
    } else if (callee) {
      for (const name of callee.attributes) {
        if (node.attributes.has(name)) continue;
        found(
          `The function ${operatorText(node)} takes the attribute ${nameText(name)}, which is not given.`,
          {
            attribute: name,
            severity: "warning",
          },
        );
        // A hostile file has very many attributes and very many calls.
        break;
      }
    }
  },
};
