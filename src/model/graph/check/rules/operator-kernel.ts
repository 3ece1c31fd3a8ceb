import { operatorText } from "../../label.ts";
import { schemaVersions } from "../../schema/index.ts";
import type { Rule } from "../rule.ts";

export const operatorKernel: Rule = {
  id: "operator-kernel",
  severity: "warning",
  title: "An operator that ONNX Runtime does not run on the CPU",
  remedy: "Run it where its provider is, on a GPU for most of them, or export the model without it.",
  node({ node, schema }, found) {
    if (!schema || schema.cpu || schema.deprecated) return;
    const newer = schemaVersions(node.domain, node.op).find((each) => each.since > schema.since && each.cpu);
    if (newer) {
      found(
        `${operatorText(node)} has no kernel as version ${schema.since}, but has one as version ${newer.since}.`,
        {
          remedy: "Upgrade the model to a newer operator set.",
        },
      );
    } else found(`${operatorText(node)} has no kernel in ONNX Runtime's CPU provider.`);
  },
};
