import { nameText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const functionTwice: Rule = {
  id: "function-twice",
  severity: "error",
  title: "A function that cannot be told from another",
  remedy: "Rename one of them, or give them overloads, which came with IR version 10.",
  model({ model, scopes }, found) {
    const seen = new Set<string>();
    for (const { domain, name, overload, graph, attributes } of model.functions) {
      const place = { ...(scopes.has(graph) ? { scope: scopes.get(graph)! } : {}) };
      if (name === "") found("A function has no name.", place);
      const key = JSON.stringify([domain, name, overload]);
      if (seen.has(key)) found(`There are two functions ${nameText(name)} of one domain.`, place);
      seen.add(key);
      if (new Set(attributes).size < attributes.length)
        found(`The function ${nameText(name)} declares an attribute twice.`, place);
    }
  },
};
