import { removeAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import { DTYPES } from "../../../tensor/dtype.ts";
import { tensorFromNumbers } from "../../../tensor/index.ts";
import type { Adapter } from "../adapter.ts";
import { scalarConstant, take, takeInt } from "../attributes.ts";

export const dropout: readonly Adapter[] = [
  {
    op: "Dropout",
    since: 7,
    adapt(node, step) {
      if ((takeInt(node, "is_test", step) ?? 0) !== 0) return;
      if (step.target < 12)
        return step.refuse("it is in training (is_test = 0), which operator sets 7 to 11 cannot say");
      step.note(node, "is in training mode, since its is_test is 0, and stays so");
      step.setInput(node, 2, step.constant(node, "training_mode", tensorFromNumbers("bool", [], [1])));
    },
  },
  {
    // The mask had the type of the data, and has been bool since.
    op: "Dropout",
    since: 10,
    types: true,
    adapt(node, step) {
      const mask = node.outputs[1];
      if (!mask || (mask.uses.length === 0 && !mask.graph.outputs.includes(mask))) return;
      const dtype =
        step.dtypeOf(mask) ?? step.dtypeOf(node.inputs[0]) ?? step.refuse("the type of its mask is unknown");
      step.after(node, 1, "Cast", [], { to: attribute.int(DTYPES[dtype].onnx) });
    },
  },
  {
    op: "Dropout",
    since: 12,
    adapt(node, step) {
      const found = node.attributes.get("ratio");
      if (found?.kind === "reference") {
        removeAttribute(node, "ratio");
        step.setInput(node, 1, step.parameter(node, "ratio", "value_float", found.value));
      } else {
        const ratio = take(node, "ratio", "float", step);
        if (ratio !== undefined)
          step.setInput(node, 1, scalarConstant(node, "ratio", "float32", ratio, step));
      }
    },
  },
];
