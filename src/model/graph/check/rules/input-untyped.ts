import type { ValueType } from "../../graph.ts";
import { nameText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const inputUntyped: Rule = {
  id: "input-untyped",
  severity: "error",
  title: "An input or output whose type is not said",
  remedy: "Declare its element type and its shape; lengths that vary get a name.",
  graph(scope, found) {
    // Those of subgraphs and functions follow from where they stand.
    if (scope.outer || scope.function) return;
    const { inputs, outputs } = scope.graph;
    for (const { name, type, constant, sparse } of inputs) {
      if (constant || sparse) continue;
      if (!isWhole(type)) found(`The input ${nameText(name)} has no type.`, { value: name });
      else if (!isShaped(type))
        found(`The input ${nameText(name)} has no shape.`, { value: name, severity: "warning" });
    }
    for (const { name, type } of outputs) {
      const missing = !isWhole(type) ? "type" : !isShaped(type) ? "shape" : null;
      if (missing)
        found(`The output ${nameText(name)} has no ${missing}.`, { value: name, severity: "warning" });
    }
  },
};

/** Whether a type is known to its elements. */
function isWhole(type: ValueType | null): boolean {
  if (type === null) return false;
  if (type.kind === "sequence" || type.kind === "optional") return isWhole(type.element);
  return type.kind === "map" ? isWhole(type.value) : true;
}

/** Whether the tensors of a type say how many dimensions they have. */
function isShaped(type: ValueType | null): boolean {
  if (type === null || type.kind === "opaque") return true;
  if (type.kind === "sequence" || type.kind === "optional") return isShaped(type.element);
  return type.kind === "map" ? isShaped(type.value) : type.shape !== null;
}
