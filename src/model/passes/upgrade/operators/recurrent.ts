import { removeAttribute, setAttribute } from "../../../graph/attributes.ts";
import { attribute, stringOf } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";

export const recurrent: readonly Adapter[] = [
  {
    // The schema of opset 1 spelt its own default so, and some files spell it out.
    op: "GRU",
    since: 3,
    adapt(node) {
      if (stringOf(node, "direction", "") === "foward")
        setAttribute(node, "direction", attribute.string("forward"));
    },
  },
  {
    // Whether the outputs of all steps are given is told by whether the node has that output.
    op: ["RNN", "LSTM", "GRU"],
    since: 7,
    adapt(node) {
      removeAttribute(node, "output_sequence");
    },
  },
];
