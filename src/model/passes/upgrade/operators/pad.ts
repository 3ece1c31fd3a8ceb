import { removeAttribute, setAttribute } from "../../../graph/attributes.ts";
import type { Adapter } from "../adapter.ts";
import { intsToInput, readText, scalarConstant, take } from "../attributes.ts";
import { castLike } from "../build.ts";

export const pad: readonly Adapter[] = [
  {
    op: "Pad",
    since: 2,
    adapt(node) {
      const paddings = node.attributes.get("paddings");
      if (!paddings) return;
      removeAttribute(node, "paddings");
      setAttribute(node, "pads", paddings);
    },
  },
  {
    op: "Pad",
    since: 11,
    types: true,
    adapt(node, step) {
      if (!node.attributes.has("pads")) return step.refuse("it has no attribute pads");
      const mode = readText(node, "mode", step) ?? "constant";
      const value = take(node, "value", "float", step) ?? 0;
      intsToInput(node, "pads", 1, step);
      // 0 is what is taken where nothing is said.
      if (value === 0 || mode !== "constant") return;
      const data = step.input(node, 0);
      const dtype = step.dtypeOf(data);
      const filling = scalarConstant(node, "value", dtype ?? "float32", value, step);
      step.setInput(node, 2, dtype === null ? castLike(node, filling, data, step) : filling);
    },
  },
];
