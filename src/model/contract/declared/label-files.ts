import type { Model } from "../../graph/graph.ts";
import type { Claims } from "../claims.ts";
import type { Sibling } from "../sibling.ts";
import { LABEL_FILES } from "./names.ts";

/** A list of labels beside the model. */
export async function readLabelFiles(_model: Model, claims: Claims, sibling: Sibling): Promise<void> {
  for (const name of LABEL_FILES) {
    if (!(await sibling(name))) continue;
    claims.add("labels", {
      value: name,
      source: name,
      confidence: "declared",
      reason: "it lies beside the model",
    });
    return;
  }
}
