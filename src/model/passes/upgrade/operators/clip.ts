import { attribute } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";
import { scalarConstant, take } from "../attributes.ts";

const MAX_FLOAT = 3.4028234663852886e38;
const MAX_HALF = 65_504;
const LIMITS = { min: -MAX_FLOAT, max: MAX_FLOAT };

export const clip: readonly Adapter[] = [
  {
    // A limit that was left out was none; since opset 6 it is the largest float, to which infinity is cut.
    op: "Clip",
    since: 6,
    adapt(node) {
      if (!node.attributes.has("min")) node.attributes.set("min", attribute.float(Number.NEGATIVE_INFINITY));
      if (!node.attributes.has("max")) node.attributes.set("max", attribute.float(Number.POSITIVE_INFINITY));
    },
  },
  {
    op: "Clip",
    since: 11,
    types: true,
    adapt(node, step) {
      const data = step.input(node, 0);
      for (const [i, role] of (["min", "max"] as const).entries()) {
        const found = node.attributes.get(role);
        if (found?.kind === "reference") {
          node.attributes.delete(role);
          const limit = step.parameter(node, role, "value_float", found.value);
          step.setInput(node, i + 1, step.dtypeOf(data) === "float32" ? limit : like(limit));
          continue;
        }
        const limit = take(node, role, "float", step) ?? LIMITS[role];
        if (Math.abs(limit) === Number.POSITIVE_INFINITY) continue;
        const dtype = step.dtypeOf(data);
        // In half precision every number lies within such a limit.
        if (dtype === "float16" && (role === "min" ? -limit : limit) > MAX_HALF) continue;
        if (dtype === "float32" || dtype === "float64" || dtype === "float16") {
          step.setInput(node, i + 1, scalarConstant(node, role, dtype, limit, step));
        } else if (dtype !== null) return step.refuse(`its input is of ${dtype}`);
        else step.setInput(node, i + 1, like(scalarConstant(node, role, "float32", limit, step)));
      }
      function like(limit: ReturnType<typeof step.input>) {
        if (step.target < 15) return step.refuse("the element type of its input is unknown");
        return step.before(node, "CastLike", [limit, data]);
      }
    },
  },
];
