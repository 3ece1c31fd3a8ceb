import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Node, Value } from "../../../graph/graph.ts";
import { tensorFromNumbers } from "../../../tensor/index.ts";
import type { Adapter } from "../adapter.ts";
import { readText } from "../attributes.ts";
import type { Step } from "../step.ts";

/** How the nearest pixel was found at (x + 0.5) / scale, told as a rounding of half_pixel's (x + 0.5) / scale - 0.5. */
const NEAREST_OF_HALVES: ReadonlyMap<string, string> = new Map([
  ["floor", "round_prefer_ceil"],
  ["round_prefer_floor", "ceil"],
]);

export const resize: readonly Adapter[] = [
  {
    // Positions were x / scale; the nearest pixel lay before it where the picture grows, behind it where it shrinks.
    op: "Resize",
    since: 11,
    async adapt(node, step) {
      const scales = step.input(node, 1);
      const known = await step.numbersOf(scales);
      const isNearest = (readText(node, "mode", step) ?? "nearest") === "nearest";
      const [grows, shrinks] = [known?.some((scale) => scale > 1), known?.some((scale) => scale < 1)];
      setAttribute(node, "coordinate_transformation_mode", attribute.string("asymmetric"));
      const roi = noRoi(node, step);
      if (!isNearest || (known && !(grows && shrinks))) {
        if (isNearest)
          setAttribute(node, "nearest_mode", attribute.string(shrinks === true ? "ceil" : "floor"));
        step.setInput(node, 2, scales);
        step.setInput(node, 1, roi);
        return;
      }
      // Both may be: one node grows what grows, the next shrinks the rest.
      const one = step.constant(node, "one", tensorFromNumbers("float32", [1], [1]));
      const larger = step.before(node, "Max", [scales, one]);
      const grown = step.before(node, "Resize", [step.input(node, 0), roi, larger], {
        mode: attribute.string("nearest"),
        coordinate_transformation_mode: attribute.string("asymmetric"),
        nearest_mode: attribute.string("floor"),
      });
      setAttribute(node, "nearest_mode", attribute.string("ceil"));
      step.setInput(node, 0, grown);
      step.setInput(node, 2, step.before(node, "Min", [scales, one]));
      step.setInput(node, 1, roi);
    },
  },
  {
    // What was said by an empty tensor is said by leaving it out.
    op: "Resize",
    since: 13,
    types: true,
    adapt(node, step) {
      const mode = readText(node, "coordinate_transformation_mode", step);
      if (mode === "tf_half_pixel_for_nn") {
        const nearest = readText(node, "nearest_mode", step) ?? "round_prefer_floor";
        const anew = NEAREST_OF_HALVES.get(nearest);
        if (anew === undefined || (readText(node, "mode", step) ?? "nearest") !== "nearest")
          return step.refuse(`tf_half_pixel_for_nn with ${nearest} is no mode since then`);
        setAttribute(node, "coordinate_transformation_mode", attribute.string("half_pixel"));
        setAttribute(node, "nearest_mode", attribute.string(anew));
      }
      for (const index of [1, 2]) {
        if (step.shapeOf(node.inputs[index])?.includes(0)) step.setInput(node, index, null);
      }
      while (node.inputs.at(-1) === null) node.inputs.pop();
    },
  },
];

/** No region: an empty tensor where the operator demands one. */
function noRoi(node: Node, step: Step): Value | null {
  return step.target >= 13 ? null : step.constant(node, "roi", tensorFromNumbers("float32", [0], []));
}
