import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";
import { readText } from "../attributes.ts";

const MODES: ReadonlyMap<string, string> = new Map([
  ["bilinear", "linear"],
  ["bicubic", "cubic"],
]);

export const sampling: readonly Adapter[] = [
  {
    op: "GridSample",
    since: 20,
    adapt(node, step) {
      const mode = MODES.get(readText(node, "mode", step) ?? "");
      if (mode !== undefined) setAttribute(node, "mode", attribute.string(mode));
    },
  },
  {
    // Half a pixel's shift came as an attribute, and as its default.
    op: "RoiAlign",
    since: 16,
    adapt(node) {
      setAttribute(node, "coordinate_transformation_mode", attribute.string("output_half_pixel"));
    },
  },
];
