import type { Model } from "../../graph/graph.ts";
import type { Claims } from "../claims.ts";
import type { Sibling } from "../infer.ts";

/** Names under which lists of labels lie beside models, one label a line. */
const NAMES = ["labels.txt", "classes.txt", "class_names.txt", "synset.txt", "synset_words.txt"];

/** A list of labels beside the model. */
export async function readLabelFiles(_model: Model, claims: Claims, sibling: Sibling): Promise<void> {
  for (const name of NAMES) {
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
