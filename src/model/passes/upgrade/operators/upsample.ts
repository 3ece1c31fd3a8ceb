import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import { tensorFromNumbers } from "../../../tensor/index.ts";
import type { Adapter } from "../adapter.ts";
import { readText, take } from "../attributes.ts";

/** Two numbers for a picture at first, then one a dimension, then an input; Resize has taken its place since opset 10. */
export const upsample: readonly Adapter[] = [
  {
    op: "Upsample",
    since: 7,
    adapt(node, step) {
      const height = take(node, "height_scale", "float", step);
      const width = take(node, "width_scale", "float", step);
      if (height === undefined || width === undefined)
        return step.refuse("it has no height_scale or width_scale");
      setAttribute(node, "scales", attribute.floats([1, 1, height, width]));
      if (readText(node, "mode", step) === "bilinear") setAttribute(node, "mode", attribute.string("linear"));
    },
  },
  {
    op: "Upsample",
    since: 9,
    adapt(node, step) {
      const scales = take(node, "scales", "floats", step) ?? step.refuse("it has no attribute scales");
      const tensor = tensorFromNumbers("float32", [scales.length], scales);
      step.setInput(node, 1, step.constant(node, "scales", tensor));
    },
  },
  {
    op: "Upsample",
    since: 10,
    adapt(node) {
      node.op = "Resize";
    },
  },
];
