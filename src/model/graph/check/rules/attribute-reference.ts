import { nameText, operatorText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const attributeReference: Rule = {
  id: "attribute-reference",
  severity: "error",
  title: "An attribute that stands for one that there is not",
  remedy: "In a function's body it names an attribute of the function; anywhere else it needs a value.",
  node({ node, scope }, found) {
    for (const [name, attribute] of node.attributes) {
      if (attribute.kind !== "reference") continue;
      const what = `The attribute ${nameText(name)} of ${operatorText(node)} stands for ${nameText(attribute.value)}`;
      if (!scope.function) found(`${what}, but the node is in no function.`, { attribute: name });
      else if (!scope.function.attributes.has(attribute.value))
        found(`${what}, which the function does not declare.`, { attribute: name, severity: "warning" });
    }
  },
};
