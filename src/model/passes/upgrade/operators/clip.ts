import { removeAttribute, setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Node, Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Adapter } from "../adapter.ts";
import { scalarConstant, take } from "../attributes.ts";
import { castLike } from "../build.ts";
import type { Step } from "../step.ts";

/** The default of the attributes, and of the inputs that took their place where the data is float32. */
const MAX_FLOAT = 3.4028234663852886e38;
const MAX_HALF = 65_504;
const SIGNS = { min: -1, max: 1 };

export const clip: readonly Adapter[] = [
  {
    // A limit that was left out was none; since opset 6 it is the largest float, to which infinity is cut.
    op: "Clip",
    since: 6,
    adapt(node) {
      for (const [role, sign] of Object.entries(SIGNS))
        if (!node.attributes.has(role)) setAttribute(node, role, attribute.float(sign * Infinity));
    },
  },
  {
    // The inputs' default is the largest number of the data's type, whichever that is.
    op: "Clip",
    since: 11,
    types: true,
    adapt(node, step) {
      const data = step.input(node, 0);
      const dtype = step.dtypeOf(data);
      for (const [i, role] of (["min", "max"] as const).entries()) {
        const given = node.attributes.get(role)?.kind === "reference" ? "float32" : dtype;
        const limit = limitOf(node, role, dtype, step);
        if (limit === null) continue;
        const isOfData = dtype !== null && given === dtype;
        step.setInput(node, i + 1, isOfData ? limit : castLike(node, limit, data, step));
      }
    },
  },
];

/** A limit as a constant, of the data's type where that is known; null where the input's default says the same. */
function limitOf(node: Node, role: "min" | "max", dtype: DType | null, step: Step): Value | null {
  const found = node.attributes.get(role);
  if (found?.kind === "reference") {
    removeAttribute(node, role);
    return step.parameter(node, role, "value_float", found.value);
  }
  const limit = take(node, role, "float", step) ?? SIGNS[role] * MAX_FLOAT;
  if (dtype === null) return scalarConstant(node, role, "float32", limit, step);
  if (dtype === "float32" && limit === SIGNS[role] * MAX_FLOAT) return null;
  if (dtype === "float16" && Math.abs(limit) > MAX_HALF)
    return scalarConstant(node, role, dtype, Math.sign(limit) * Infinity, step);
  return scalarConstant(node, role, dtype, limit, step);
}
