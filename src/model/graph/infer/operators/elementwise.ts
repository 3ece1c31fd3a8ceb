import { broadcastShapes, mapElements } from "../broadcasting.ts";
import { greatest, isSame, least, lowerBound, type Maybe, negate } from "../extent/index.ts";
import type { Elements } from "../fact.ts";
import {
  type Application,
  dtypeOf,
  elementsOf,
  type Family,
  hasInput,
  intAttribute,
  type Rule,
  shapeOf,
} from "../rule.ts";
import { COMPARISONS, LOGIC, OPERATIONS, type Operation, remainder, roundHalfEven } from "../scalar.ts";

/** Operators that work element by element: one input gives its shape, several are broadcast. */

/** The output has the shape of the first input, and its element type unless the schema says another. */
const same: Rule = (at) => [{ shape: shapeOf(at, 0) }];

/** The same along an axis, which a tensor of one number does not have. */
const along: Rule = (at) => {
  const dims = shapeOf(at, 0);
  // Before version 13 all axes from the second on were a row, unless another was named.
  const first = at.version < 13 && at.node.op !== "LpNormalization" ? 1 : -1;
  const axis = intAttribute(at, "axis", first);
  if (dims && (axis < -dims.length || axis >= dims.length))
    at.conflict(`axis ${axis} of a tensor of rank ${dims.length}`, {
      input: 0,
      ...(dims.length > 0 && { remedy: `Name an axis from ${-dims.length} to ${dims.length - 1}.` }),
    });
  return [{ shape: dims }];
};

const unary =
  (operation: (a: Maybe) => Maybe): Rule =>
  (at) => [{ shape: shapeOf(at, 0), elements: elementsOf(at, 0)?.map(operation) ?? null }];

/** The number as `round` makes it; lengths are whole already. */
const rounding = (round: (value: number) => number) => unary((a) => (typeof a === "number" ? round(a) : a));

/** Any number of inputs, broadcast to one shape. */
const broadcasting =
  (operation?: Operation): Rule =>
  (at) => {
    const isKnown = operation !== undefined && at.inputs.every((_, i) => elementsOf(at, i));
    return [{ shape: commonShape(at), elements: isKnown ? computed(at, operation) : null }];
  };

function computed(at: Application, operation: Operation): Elements | null {
  const dtype = dtypeOf(at, 0);
  const contents = at.inputs.map((_, i) => elementsOf(at, i));
  return mapElements(contents, (first = null, ...rest) =>
    rest.reduce((a, b) => operation(a, b, dtype), first),
  );
}

function commonShape(at: Application) {
  // Before version 7 the second input was stretched to the first, where an attribute asked for it.
  if (at.version < 7 && at.inputs.length === 2 && intAttribute(at, "broadcast", 0) !== 0) {
    holdStretched(at, shapeOf(at, 0), shapeOf(at, 1));
    return shapeOf(at, 0);
  }
  return broadcastShapes(
    at,
    at.inputs.map((_, i) => shapeOf(at, i)),
  );
}

/** The second shape lies within the first, from an axis on, by default at its end. */
function holdStretched(at: Application, whole: readonly Maybe[] | null, part: readonly Maybe[] | null): void {
  if (!whole || !part) return;
  const given = intAttribute(at, "axis", whole.length - part.length);
  const axis = given < 0 ? given + whole.length : given;
  const misfit = part.findIndex((length, i) => {
    const other = whole[axis + i];
    return typeof length === "number" && length !== 1 && typeof other === "number" && length !== other;
  });
  if (misfit >= 0) at.conflict(`${whole[axis + misfit]} and ${part[misfit]} do not broadcast`);
  else if (axis < 0 || axis + part.length > whole.length)
    at.conflict(`a tensor of rank ${part.length} from axis ${axis} of one of rank ${whole.length}`);
}

const identity: Rule = (at) => {
  const type = at.inputs[0]?.type ?? null;
  if (type?.kind !== "tensor") return [type];
  const { dtype, shape } = type;
  return [{ dtype, shape, elements: elementsOf(at, 0) }];
};

const where: Rule = (at) => {
  const elements = mapElements(
    [0, 1, 2].map((i) => elementsOf(at, i)),
    (condition = null, x = null, y = null) =>
      condition === null ? (isSame(x, y) ? x : null) : condition === 0 ? y : x,
  );
  return [{ dtype: dtypeOf(at, 1) ?? dtypeOf(at, 2), shape: commonShape(at), elements }];
};

const mod: Rule = (at) => broadcasting((a, b) => remainder(a, b, intAttribute(at, "fmod", 0) === 1))(at);

/** The limits are inputs since version 11; contents that attributes limit are floats, and no lengths. */
const clip: Rule = (at) => {
  const limit = (index: number) => (hasInput(at, index) ? (elementsOf(at, index)?.[0] ?? null) : undefined);
  const [low, high] = [limit(1), limit(2)];
  const elements = at.version < 11 ? null : elementsOf(at, 0);
  return [
    {
      shape: shapeOf(at, 0),
      elements:
        elements?.map((each) => {
          const raised = low === undefined ? each : greatest(each, low);
          return high === undefined ? raised : least(raised, high);
        }) ?? null,
    },
  ];
};

const named = (names: string, rule: Rule) =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, rule]),
  );

const operations = (table: Readonly<Record<string, Operation>>) =>
  Object.fromEntries(Object.entries(table).map(([name, operation]) => [name, broadcasting(operation)]));

export const ELEMENTWISE: Family = {
  domain: "",
  rules: {
    ...named(
      `Acos Acosh Asin Asinh Atan Atanh BitwiseNot Celu Cos Cosh CumProd CumSum Elu Erf Exp Gelu HardSigmoid HardSwish
       IsInf IsNaN LeakyRelu Log MeanVarianceNormalization Mish PRelu Reciprocal
       RegexFullMatch Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt SwiGLU Swish Tan Tanh
       ThresholdedRelu Trilu`,
      same,
    ),
    ...named("Hardmax LogSoftmax LpNormalization Softmax", along),
    ...named("BitShift BitwiseAnd BitwiseOr BitwiseXor Mean Pow StringConcat Sum", broadcasting()),
    ...operations(OPERATIONS),
    ...operations(COMPARISONS),
    ...operations(LOGIC),
    Abs: unary((a) => (typeof a === "number" ? Math.abs(a) : a !== null && lowerBound(a) >= 0 ? a : null)),
    Ceil: rounding(Math.ceil),
    Clip: clip,
    Floor: rounding(Math.floor),
    Identity: identity,
    Mod: mod,
    Neg: unary(negate),
    Not: unary((a) => (typeof a === "number" ? 1 - a : null)),
    Relu: unary((a) => greatest(a, 0)),
    Round: rounding(roundHalfEven),
    Where: where,
  },
};
