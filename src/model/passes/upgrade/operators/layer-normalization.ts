import type { Adapter } from "../adapter.ts";

/**
 * The runtime's own was the standard's before that had one, but that its scale might be of another type than its data, and
 * its moments of float64.
 */
export const layerNormalization: Adapter = {
  op: "LayerNormalization",
  since: 17,
  types: true,
  adapt(node, step) {
    const [data, scale] = [0, 1].map((index) => step.dtypeOf(step.input(node, index)));
    if (data && scale && data !== scale)
      step.refuse(`its input is of ${data} and its scale of ${scale}, which have one type since then`);
    if (node.outputs.slice(1).some((moment) => step.dtypeOf(moment) === "float64"))
      step.refuse("its moments are of float64, which they are not since then");
  },
};
