import { domainText, nameText } from "../../label.ts";
import { newestOpset, RUNTIME_OPSET } from "../../schema/index.ts";
import type { Found, Rule } from "../rule.ts";

export const opsetVersion: Rule = {
  id: "opset-version",
  severity: "error",
  title: "A version of an operator set that nobody knows",
  remedy: "Export the model again, for a version that is out.",
  model({ model }, found) {
    look(model.opsets, found, "The model");
    for (const { opsets, name } of model.functions) look(opsets, found, `The function ${nameText(name)}`);
  },
};

function look(opsets: ReadonlyMap<string, number>, found: Found, who: string): void {
  for (const [domain, version] of opsets) {
    const newest = newestOpset(domain);
    const says = `${who} imports ${domainText(domain)} ${version}`;
    if (version < 1)
      found(`${says}; versions are counted from 1.`, newest === undefined ? { severity: "warning" } : {});
    else if (newest !== undefined && version > newest) found(`${says}; the newest known is ${newest}.`);
    else if (domain === "" && version > RUNTIME_OPSET)
      found(`${says}; ONNX Runtime runs versions up to ${RUNTIME_OPSET}.`, {
        severity: "warning",
        remedy: "Export the model for an older version.",
      });
  }
}
