import { attribute } from "../../../graph/edit.ts";
import { DTYPES } from "../../../tensor/dtype.ts";
import type { Adapter } from "../adapter.ts";
import { cast } from "../build.ts";

/** Whole numbers were allowed up to opset 12: their error function, cut to a whole number. */
export const erf: Adapter = {
  op: "Erf",
  since: 13,
  types: true,
  adapt(node, step) {
    const data = step.input(node, 0);
    const dtype = step.dtypeOf(data);
    if (dtype === null || !/^u?int/.test(dtype)) return;
    step.setInput(node, 0, cast(node, data, "float32", step));
    step.after(node, 0, "Cast", [], { to: attribute.int(DTYPES[dtype].onnx) });
  },
};
