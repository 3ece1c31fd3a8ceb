import type { Adapter } from "../adapter.ts";

export const scatter: Adapter = {
  op: "Scatter",
  since: 11,
  adapt(node) {
    node.op = "ScatterElements";
  },
};
