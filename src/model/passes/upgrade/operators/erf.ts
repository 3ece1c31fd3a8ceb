import type { Adapter } from "../adapter.ts";

/** Whole numbers were allowed up to opset 12, without a word on how their error function is rounded to one. */
export const erf: Adapter = {
  op: "Erf",
  since: 13,
  types: true,
  adapt(node, step) {
    const dtype = step.dtypeOf(step.input(node, 0));
    if (dtype !== null && /^u?int/.test(dtype)) return step.refuse(`its input is of ${dtype}`);
  },
};
