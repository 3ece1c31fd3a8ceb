import type { DType } from "../../../tensor/dtype.ts";
import { broadcastShapes, mapElements } from "../broadcasting.ts";
import {
  add,
  divideExactly,
  floorDivide,
  greatest,
  isAtLeast,
  isSame,
  least,
  lowerBound,
  type Maybe,
  multiply,
  negate,
  subtract,
} from "../extent/index.ts";
import {
  type Application,
  dtypeOf,
  elementsOf,
  type Family,
  intAttribute,
  type Rule,
  shapeOf,
} from "../rule.ts";

/** Operators that work element by element: one input gives its shape, several are broadcast. */

type Operation = (...elements: Maybe[]) => Maybe;
type Operand = DType | null;

/** The output has the shape of the first input, and its element type unless the schema says another. */
const same: Rule = (at) => [{ shape: shapeOf(at, 0) }];

const unary =
  (operation: (a: Maybe, dtype: Operand) => Maybe): Rule =>
  (at) => {
    const dtype = dtypeOf(at, 0);
    const elements = mapElements([elementsOf(at, 0)], (a = null) => operation(a, dtype));
    return [{ shape: shapeOf(at, 0), elements }];
  };

/** Any number of inputs, broadcast to one shape. */
const broadcasting =
  (operation?: (dtype: Operand) => Operation): Rule =>
  (at) => {
    const contents = at.inputs.map((_, i) => elementsOf(at, i));
    const elements = operation ? mapElements(contents, operation(dtypeOf(at, 0))) : null;
    return [{ shape: commonShape(at), elements }];
  };

function commonShape(at: Application) {
  // Before version 7 the second input was stretched to the first only, by attributes.
  if (
    at.version < 7 &&
    at.node.domain === "" &&
    at.inputs.length === 2 &&
    intAttribute(at, "broadcast", 0) === 1
  )
    return shapeOf(at, 0);
  return broadcastShapes(
    at,
    at.inputs.map((_, i) => shapeOf(at, i)),
  );
}

const fold =
  (step: (a: Maybe, b: Maybe) => Maybe): ((dtype: Operand) => Operation) =>
  (dtype) =>
  (...elements) =>
    elements.slice(1).reduce((a, b) => rounded(step(a, b), dtype), elements[0] ?? null);

/** Results of float32 arithmetic are rounded to it. */
function rounded(a: Maybe, dtype: Operand): Maybe {
  return typeof a === "number" && dtype === "float32" ? Math.fround(a) : a;
}

const isFloat = (dtype: Operand) => dtype !== null && /^b?float/.test(dtype);

/** Whole numbers are divided towards zero, floats exactly. */
function divide(a: Maybe, b: Maybe, dtype: Operand): Maybe {
  if (a === null || b === null || b === 0) return null;
  if (typeof a === "number" && typeof b === "number") {
    return isFloat(dtype) ? rounded(a / b, dtype) : Math.trunc(a / b);
  }
  const exact = divideExactly(a, b);
  if (exact !== null || isFloat(dtype)) return exact;
  return lowerBound(a) >= 0 && lowerBound(b) >= 0 ? floorDivide(a, b) : null;
}

/** The remainder has the sign of the divisor (fmod=0); of lengths, that is a - b·floor(a/b). */
function remainder(a: Maybe, b: Maybe): Maybe {
  return subtract(a, multiply(b, floorDivide(a, b)));
}

/** Whether a comparison holds, as 1 or 0; unknown where it depends on the symbols. */
function compare(holds: (a: Maybe, b: Maybe) => boolean, fails: (a: Maybe, b: Maybe) => boolean) {
  return (): Operation =>
    (a = null, b = null) =>
      holds(a, b) ? 1 : fails(a, b) ? 0 : null;
}

const isAbove = (a: Maybe, b: Maybe) =>
  isAtLeast(a, add(b, 1)) || (bothNumbers(a, b) && Number(a) > Number(b));
const differ = (a: Maybe, b: Maybe) => isAbove(a, b) || isAbove(b, a);
const bothNumbers = (a: Maybe, b: Maybe) => typeof a === "number" && typeof b === "number";

const logic =
  (operation: (a: number | null, b: number | null) => number | null): (() => Operation) =>
  () =>
  (a = null, b = null) =>
    operation(typeof a === "number" ? a : null, typeof b === "number" ? b : null);

const where: Rule = (at) => {
  const elements = mapElements(
    [0, 1, 2].map((i) => elementsOf(at, i)),
    (condition = null, x = null, y = null) =>
      condition === null ? (isSame(x, y) ? x : null) : condition === 0 ? y : x,
  );
  return [{ dtype: dtypeOf(at, 1) ?? dtypeOf(at, 2), shape: commonShape(at), elements }];
};

const whole = (a: Maybe, round: (value: number) => number): Maybe => (typeof a === "number" ? round(a) : a);

const SAME = [
  "Acos",
  "Acosh",
  "Asin",
  "Asinh",
  "Atan",
  "Atanh",
  "BitwiseNot",
  "Celu",
  "Clip",
  "Cos",
  "Cosh",
  "CumProd",
  "CumSum",
  "Elu",
  "Erf",
  "Exp",
  "Gelu",
  "HardSigmoid",
  "HardSwish",
  "Hardmax",
  "IsInf",
  "IsNaN",
  "LeakyRelu",
  "Log",
  "LogSoftmax",
  "LpNormalization",
  "MeanVarianceNormalization",
  "Mish",
  "Not",
  "PRelu",
  "RegexFullMatch",
  "Reciprocal",
  "Selu",
  "Shrink",
  "Sigmoid",
  "Sign",
  "Sin",
  "Sinh",
  "Softmax",
  "Softplus",
  "Softsign",
  "Swish",
  "Tan",
  "Tanh",
  "ThresholdedRelu",
  "Trilu",
] as const;

export const ELEMENTWISE: Family = {
  domain: "",
  rules: {
    ...Object.fromEntries(SAME.map((name) => [name, same])),
    Abs: unary((a) => (a !== null && lowerBound(a) >= 0 ? a : typeof a === "number" ? -a : null)),
    Neg: unary(negate),
    Ceil: unary((a) => whole(a, Math.ceil)),
    Floor: unary((a) => whole(a, Math.floor)),
    Identity: (at) => [
      at.inputs[0]?.type && "shape" in at.inputs[0].type
        ? { ...at.inputs[0].type, kind: undefined, elements: elementsOf(at, 0) }
        : (at.inputs[0]?.type ?? null),
    ],
    Relu: unary((a) => greatest(a, 0)),
    Round: unary((a) => (typeof a === "number" ? null : a)),
    Sqrt: unary((a) => (typeof a === "number" ? Math.sqrt(a) : null)),
    Add: broadcasting(fold(add)),
    Sub: broadcasting(fold(subtract)),
    Mul: broadcasting(fold(multiply)),
    Div: broadcasting(
      (dtype) =>
        (a = null, b = null) =>
          divide(a, b, dtype),
    ),
    Mod: broadcasting(
      () =>
        (a = null, b = null) =>
          remainder(a, b),
    ),
    Max: broadcasting(fold(greatest)),
    Min: broadcasting(fold(least)),
    And: broadcasting(logic((a, b) => (a === 0 || b === 0 ? 0 : a === null || b === null ? null : 1))),
    Or: broadcasting(logic((a, b) => (a === 1 || b === 1 ? 1 : a === null || b === null ? null : 0))),
    Xor: broadcasting(logic((a, b) => (a === null || b === null ? null : a === b ? 0 : 1))),
    Equal: broadcasting(compare(isSame, differ)),
    Greater: broadcasting(compare(isAbove, (a, b) => isAtLeast(b, a))),
    GreaterOrEqual: broadcasting(compare(isAtLeast, (a, b) => isAbove(b, a))),
    Less: broadcasting(compare((a, b) => isAbove(b, a), isAtLeast)),
    LessOrEqual: broadcasting(compare((a, b) => isAtLeast(b, a), isAbove)),
    ...Object.fromEntries(
      ["BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Mean", "Pow", "StringConcat", "Sum"].map(
        (name) => [name, broadcasting()],
      ),
    ),
    Where: where,
  },
};
