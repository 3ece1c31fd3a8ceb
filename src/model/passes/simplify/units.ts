import type { Node, Value } from "../../graph/graph.ts";
import { isSame } from "../../graph/infer/index.ts";
import type { Pass } from "../pass.ts";
import { FLOAT, numbersOf } from "./elements.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** What leaves every x as it is, from the right; `both`: from the left too. */
interface Unit {
  readonly both: boolean;
  is(element: number, isFloat: boolean): boolean;
}

const UNITS: Readonly<Record<string, Unit>> = {
  // -0 + 0 is 0, -0 + -0 is -0: among floats only -0 changes nothing.
  Add: { both: true, is: (element, isFloat) => Object.is(element, isFloat ? -0 : 0) },
  Sub: { both: false, is: (element) => Object.is(element, 0) },
  Mul: { both: true, is: (element) => element === 1 },
  Div: { both: false, is: (element) => element === 1 },
  Pow: { both: false, is: (element) => element === 1 },
  And: { both: true, is: (element) => element === 1 },
  Or: { both: true, is: (element) => element === 0 },
  Xor: { both: true, is: (element) => element === 0 },
  BitwiseOr: { both: true, is: (element) => element === 0 },
  BitwiseXor: { both: true, is: (element) => element === 0 },
  BitShift: { both: false, is: (element) => element === 0 },
};

/** @param kept where sums are gathered that only -0 comes out of otherwise */
function ruleOf(unit: Unit, kept: Set<Node>): Rule {
  return async (node, rewrite) => {
    for (const at of unit.both ? [1, 0] : [1]) {
      const [x, constant] = [node.inputs[1 - at], node.inputs[at]];
      const numbers = x && constant ? await numbersOf(rewrite, constant) : null;
      if (!x || !constant || !numbers || !keepsShape(rewrite, node, x, constant)) continue;
      const isFloat = FLOAT.has(rewrite.dtypeOf(constant) ?? "string");
      if (numbers.every((element) => unit.is(element, isFloat))) {
        if (rewrite.bypass(node, x)) return;
      } else if (node.op === "Add" && numbers.every((element) => element === 0)) kept.add(node);
    }
  };
}

/** Whether x is not stretched to the constant's shape, and does not take its type (Pow takes the base's). */
function keepsShape(rewrite: Rewrite, node: Node, x: Value, constant: Value): boolean {
  // Before opset 7, the first input alone gave the shape.
  if (rewrite.opset(node.graph) < 7) return x === node.inputs[0];
  const shape = rewrite.shapeOf(constant);
  if (shape?.length === 0) return true;
  const own = rewrite.shapeOf(x);
  if (!shape || !own || shape.length > own.length) return false;
  const from = own.length - shape.length;
  return shape.every((dim, axis) => dim === 1 || isSame(dim, own[from + axis]));
}

const NAME = "units";
const PROMISES = "Nothing is added to, multiplied by or raised to what leaves it as it is.";

export const units: Pass = {
  name: NAME,
  promises: PROMISES,
  keepsTypes: true,
  async run(model, context) {
    const kept = new Set<Node>();
    const rules = Object.entries(UNITS).map(([op, unit]) => [op, ruleOf(unit, kept)]);
    const result = await rulesPass(NAME, PROMISES, Object.fromEntries(rules)).run(model, context);
    const { size } = kept;
    if (size > 0)
      context.note(
        `${size === 1 ? "one sum with zeros stays" : `${size} sums with zeros stay`} (Add): with them −0 becomes 0`,
        "at last",
      );
    return result;
  },
};
