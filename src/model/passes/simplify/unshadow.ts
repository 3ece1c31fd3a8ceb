import { rename } from "../../graph/edit.ts";
import { graphPass } from "./rewrite.ts";

/**
 * A branch or body that gives one of its values the name of a value around it hides that value from its nodes. Readers take
 * such files; what moves or joins values could not be sure of names.
 */
export const unshadow = graphPass(
  "unshadow",
  "No value has the name of a value around it.",
  (graph, rewrite) => {
    if (!graph.parent) return;
    for (const value of [...graph.values.values()]) {
      for (let outer = graph.parent as typeof graph.parent | null; outer; outer = outer.parent) {
        if (!outer.values.has(value.name)) continue;
        rename(value, rewrite.fresh(value.name));
        rewrite.modified = true;
        break;
      }
    }
  },
);
