import { NEWEST_IR, RUNTIME_IR } from "../../schema/index.ts";
import type { Rule } from "../rule.ts";

export const irVersion: Rule = {
  id: "ir-version",
  severity: "error",
  title: "The version of the file format",
  remedy: "Export the model again, for a version that is out.",
  model({ model }, found) {
    const { irVersion: version } = model;
    if (version < 1) found(`The file says IR version ${version}, which there is not.`);
    else if (version > NEWEST_IR)
      found(`The file says IR version ${version}; the newest known is ${NEWEST_IR}.`);
    else if (version > RUNTIME_IR)
      found(`The file says IR version ${version}; ONNX Runtime reads files up to ${RUNTIME_IR}.`, {
        severity: "warning",
        remedy: `\`modelyard convert … --opset newest\` writes it as IR version ${RUNTIME_IR} where nothing in it needs a newer one; else export the model for an older one.`,
      });
  },
};
