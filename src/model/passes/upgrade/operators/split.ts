import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";
import { intsToInput } from "../attributes.ts";
import { cast } from "../build.ts";

/** The lengths of the parts: an attribute or an input at first, an attribute from 2 to 12, an input since. */
export const split: readonly Adapter[] = [
  {
    op: "Split",
    since: 2,
    async adapt(node, step) {
      // The standard named no default; frameworks had different ones.
      if (!node.attributes.has("axis")) return step.refuse("it does not say along which axis");
      const lengths = node.inputs[1];
      if (!lengths || node.attributes.has("split")) return;
      const known = await step.numbersOf(lengths);
      if (known) {
        setAttribute(node, "split", attribute.ints(known));
        step.setInput(node, 1, null);
        node.inputs.length = 1;
      } else if (step.target < 13) return step.refuse("the lengths of its parts are computed");
      // It had the type of the data.
      else step.setInput(node, 1, cast(node, lengths, "int64", step));
    },
  },
  {
    op: "Split",
    since: 13,
    adapt(node, step) {
      intsToInput(node, "split", 1, step);
    },
  },
  {
    op: "Split",
    since: 18,
    adapt(node) {
      if (!node.inputs[1]) setAttribute(node, "num_outputs", attribute.int(node.outputs.length));
    },
  },
];
