import { removeAttribute, setAttribute } from "../../../graph/attributes.ts";
import type { Attribute } from "../../../graph/graph.ts";
import type { Adapter } from "../adapter.ts";
import { read } from "../attributes.ts";

/** Operators of ai.onnx.ml. */
export const ml: readonly Adapter[] = [
  {
    // One list of words, whose places were the numbers; since version 2 keys and values, each of any type.
    op: "LabelEncoder",
    since: 2,
    types: true,
    adapt(node, step) {
      const classes = read(node, "classes_strings", "strings", step);
      if (!classes) return step.refuse("it has no attribute classes_strings");
      const dtype =
        step.dtypeOf(step.input(node, 0)) ?? step.refuse("the element type of its input is unknown");
      const words: Attribute = { kind: "strings", value: classes };
      const places: Attribute = { kind: "ints", value: classes.map((_, i) => BigInt(i)) };
      removeAttribute(node, "classes_strings");
      if (dtype === "string") {
        setAttribute(node, "keys_strings", words);
        setAttribute(node, "values_int64s", places);
      } else if (dtype === "int64") {
        setAttribute(node, "keys_int64s", places);
        setAttribute(node, "values_strings", words);
      } else return step.refuse(`its input is of ${dtype}`);
    },
  },
  {
    op: ["TreeEnsembleClassifier", "TreeEnsembleRegressor"],
    since: 5,
    adapt(_, step) {
      step.refuse(
        "it is deprecated there, and what took its place has no classes; version 4 of ai.onnx.ml has it",
      );
    },
  },
];
