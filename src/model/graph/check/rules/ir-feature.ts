import { irFeatures } from "../../ir-features.ts";
import type { Rule } from "../rule.ts";

export const irFeature: Rule = {
  id: "ir-feature",
  severity: "warning",
  title: "Something that files of this version do not have",
  remedy: "Write the file as a newer IR version.",
  model({ model }, found) {
    for (const [what, version] of irFeatures(model, model.irVersion))
      found(
        `The model has ${what}, which came with IR version ${version}; the file says ${model.irVersion}.`,
      );
  },
};
