import { removeAttribute } from "../../../graph/attributes.ts";
import type { Adapter } from "../adapter.ts";
import { intsToInput, read } from "../attributes.ts";

const REDUCE =
  "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSumSquare";

/** Axes that were attributes and became inputs. */
export const axes: readonly Adapter[] = [
  {
    op: ["Squeeze", "Unsqueeze"],
    since: 13,
    adapt(node, step) {
      if (node.op === "Unsqueeze" && !node.attributes.has("axes"))
        return step.refuse("it has no attribute axes");
      intsToInput(node, "axes", 1, step);
    },
  },
  ...(
    [
      [["ReduceSum"], 13],
      [REDUCE.split(" "), 18],
    ] as const
  ).map(
    ([op, since]): Adapter => ({
      op,
      since,
      adapt(node, step) {
        // An empty list means all axes, as no list does.
        const found = node.attributes.get("axes");
        if (found?.kind !== "reference" && read(node, "axes", "ints", step)?.length === 0)
          removeAttribute(node, "axes");
        intsToInput(node, "axes", 1, step);
      },
    }),
  ),
];
