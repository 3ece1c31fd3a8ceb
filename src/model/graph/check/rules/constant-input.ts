import { nameText } from "../../label.ts";
import type { Rule } from "../rule.ts";

/** Until here every constant was an input with a default. */
const LAST_IR = 3;

export const constantInput: Rule = {
  id: "constant-input",
  severity: "error",
  title: "A constant that is no input, in an old file",
  remedy: "Write the file as IR version 4 or newer, or list the constant among the inputs.",
  graph(scope, found, { model }) {
    if (model.irVersion > LAST_IR || scope.function) return;
    for (const value of scope.graph.values.values()) {
      if (!value.constant || scope.inputs.has(value)) continue;
      found(
        `The constant ${nameText(value.name)} is no input, which files of IR version ${model.irVersion} do not have.`,
        {
          value: value.name,
        },
      );
    }
  },
};
