import { nameText, operatorText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const attributeKind: Rule = {
  id: "attribute-kind",
  severity: "error",
  title: "An attribute of the wrong type",
  remedy: "Export the model again, with a newer version of the tool that wrote it.",
  node({ node, schema }, found) {
    if (!schema || schema.deprecated) return;
    for (const [name, { kind }] of node.attributes) {
      const wanted = schema.attributes.get(name)?.kind;
      if (wanted === undefined || kind === wanted || kind === "reference") continue;
      found(`The attribute ${nameText(name)} of ${operatorText(node)} is ${kind} where ${wanted} belongs.`, {
        attribute: name,
      });
    }
  },
};
