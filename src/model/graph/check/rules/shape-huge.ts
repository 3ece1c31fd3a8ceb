import type { ValueType } from "../../graph.ts";
import { MAX_RANK } from "../../infer/index.ts";
import { nameText } from "../../label.ts";
import type { Rule } from "../rule.ts";

export const shapeHuge: Rule = {
  id: "shape-huge",
  severity: "error",
  title: "A shape that no machine can hold",
  remedy: "The file is damaged or hostile: export it again.",
  graph({ graph }, found) {
    for (const { name, type } of graph.values.values()) {
      const rank = rankOf(type);
      if (rank > MAX_RANK)
        found(
          `${nameText(name)} has ${rank.toLocaleString("en")} dimensions, and no runtime is known to take more than ${MAX_RANK}.`,
          { value: name, severity: "warning", remedy: "Bring dimensions together by a Reshape." },
        );
      if (isHuge(type))
        found(`The declared shape of ${nameText(name)} has over 2^53 elements.`, { value: name });
    }
  },
};

function rankOf(type: ValueType | null): number {
  return type?.kind === "tensor" || type?.kind === "sparse" ? (type.shape?.length ?? 0) : 0;
}

function isHuge(type: ValueType | null): boolean {
  if (type?.kind !== "tensor" && type?.kind !== "sparse") return false;
  let count = 1;
  for (const dim of type.shape ?? []) {
    if (typeof dim === "number") count *= Math.max(dim, 1);
  }
  return count > Number.MAX_SAFE_INTEGER;
}
