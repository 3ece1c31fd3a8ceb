import type { Adapter } from "../adapter.ts";
import { intsToInput } from "../attributes.ts";

export const slice: Adapter = {
  op: "Slice",
  since: 10,
  adapt(node, step) {
    for (const [i, name] of ["starts", "ends", "axes"].entries()) {
      if (name !== "axes" && !node.attributes.has(name)) return step.refuse(`it has no attribute ${name}`);
      intsToInput(node, name, i + 1, step);
    }
  },
};
