import { nameText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const nameTwice: Rule = {
  id: "name-twice",
  severity: "error",
  title: "Two values of one name",
  remedy: "Rename one of them and what reads it: a name means one value.",
  graph({ graph }, found) {
    for (const name of twice(graph.inputs.map((value) => value.name)))
      found(`Two inputs have the name ${nameText(name)}.`, { value: name });
    for (const name of twice(graph.outputs.map((value) => value.name)))
      found(`The output ${nameText(name)} stands there twice.`, { value: name });
  },
  node({ node, scope }, found) {
    const { outputs } = node;
    const own = outputs.length > 1 ? new Set<string>() : null;
    for (const value of outputs) {
      if (value === null) continue;
      const { name } = value;
      const also =
        value.producer !== node || own?.has(name)
          ? "another node or output"
          : value.constant || value.sparse
            ? "a constant"
            : scope.inputs.has(value)
              ? "an input of the graph"
              : null;
      own?.add(name);
      if (also) found(`The value ${nameText(name)} is computed here and is ${also} too.`, { value: name });
    }
  },
};

function twice(names: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) again.add(name);
    seen.add(name);
  }
  return again;
}
