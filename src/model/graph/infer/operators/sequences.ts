import type { Extent, Maybe } from "../extent/index.ts";
import { commonType, type Type, typeFrom } from "../fact.ts";
import {
  type Application,
  type Family,
  hasInput,
  intAttribute,
  numbersOf,
  type Output,
  type Rule,
  shapeOf,
  unknownShape,
} from "../rule.ts";
import { dtypeAttributeOr } from "./like.ts";

const typeOf = (at: Application, index: number): Type | null => at.inputs[index]?.type ?? null;

/** The type of the elements of an input that is a sequence or an optional. */
function elementOf(at: Application, index: number): Type | null {
  const type = typeOf(at, index);
  return type && "element" in type ? type.element : null;
}

function common(at: Application, types: Iterable<Type | null>): Type | null {
  let result: Type | null | undefined;
  for (const type of types) result = result === undefined ? type : commonType(result, type, () => at.fresh());
  return result ?? null;
}

const sequence = (element: Type | null): Output => ({ kind: "sequence", element });

const construct: Rule = (at) => [
  sequence(
    common(
      at,
      at.inputs.map((fact) => fact?.type ?? null),
    ),
  ),
];

/** Nothing is in it, but its type is that of tensors of any shape. */
const empty: Rule = (at) => [
  sequence({ kind: "tensor", dtype: dtypeAttributeOr(at, "dtype", "float32"), shape: null }),
];

const insert: Rule = (at) => [sequence(common(at, [elementOf(at, 0), typeOf(at, 1)]))];

/** All tensors of a sequence, one after the other along an axis, or along a new one. */
const concatFrom: Rule = (at) => {
  const element = elementOf(at, 0);
  if (!element || !("shape" in element)) return [null];
  const { dtype, shape } = element;
  if (!shape) return [{ dtype, shape: null }];
  const isNew = intAttribute(at, "new_axis", 0) === 1;
  const rank = shape.length + (isNew ? 1 : 0);
  const named = intAttribute(at, "axis", 0);
  const axis = named < 0 ? named + rank : named;
  if (axis < 0 || axis >= rank) {
    at.conflict(`axis ${named} of a tensor of rank ${rank}`);
    return [{ dtype, shape: unknownShape(rank) }];
  }
  const dims: Maybe[] = [...shape];
  if (isNew) dims.splice(axis, 0, null);
  else dims[axis] = null;
  return [{ dtype, shape: dims }];
};

const splitTo: Rule = (at) => {
  const type = typeOf(at, 0);
  if (!type || !("shape" in type) || !type.shape)
    return [type && sequence("shape" in type ? { ...type, shape: null } : null)];
  const { shape } = type;
  const named = intAttribute(at, "axis", 0);
  const axis = named < 0 ? named + shape.length : named;
  if (axis < 0 || axis >= shape.length) {
    at.conflict(`axis ${named} of a tensor of rank ${shape.length}`);
    return [sequence({ ...type, shape: null })];
  }
  const isKept = hasInput(at, 1) || intAttribute(at, "keepdims", 1) === 1;
  const dims: (Extent | undefined)[] = [...shape];
  dims[axis] = isKept ? (partLength(at, shape[axis] ?? null) ?? at.fresh()) : undefined;
  const parts = dims.filter((dim) => dim !== undefined);
  return [sequence({ ...type, shape: parts })];
};

/** The length of each part, where all are equally long. */
function partLength(at: Application, whole: Maybe): Maybe {
  if (!hasInput(at, 1)) return 1;
  const split = numbersOf(at, 1);
  const first = split?.[0];
  if (!split || first === undefined) return null;
  if (shapeOf(at, 1)?.length === 0)
    return typeof whole === "number" && first > 0 && whole % first === 0 ? first : null;
  return split.every((each) => each === first) ? first : null;
}

/** The body once for each element of the first input; other sequences go beside it, other inputs in whole. */
const sequenceMap: Rule = async (at) => {
  const body = at.attribute("body");
  if (body?.kind !== "graph") return [];
  const inputs = at.inputs.map((fact) =>
    fact?.type?.kind === "sequence" ? { type: fact.type.element, elements: null } : fact,
  );
  const outputs = await at.infer(body.value, inputs);
  return outputs.map(({ type }) => sequence(type));
};

/** The type of a value that may be missing: of the input, or of the attribute where there is none. */
const optional: Rule = (at) => {
  const declared = at.attribute("type");
  const element =
    typeOf(at, 0) ??
    (declared?.kind === "type"
      ? typeFrom(declared.value, (dim) => (typeof dim === "number" ? dim : at.fresh()))
      : null);
  return [{ kind: "optional", element }];
};

/** Since opset 18 what is no optional passes through. */
const getElement: Rule = (at) => {
  const type = typeOf(at, 0);
  return [type?.kind === "optional" ? type.element : type];
};

const scalar: Rule = () => [{ shape: [] }];

export const SEQUENCES: Family = {
  domain: "",
  rules: {
    ConcatFromSequence: concatFrom,
    Optional: optional,
    OptionalGetElement: getElement,
    OptionalHasElement: scalar,
    SequenceAt: (at) => [elementOf(at, 0)],
    SequenceConstruct: construct,
    SequenceEmpty: empty,
    SequenceErase: (at) => [typeOf(at, 0)],
    SequenceInsert: insert,
    SequenceLength: scalar,
    SequenceMap: sequenceMap,
    SplitToSequence: splitTo,
  },
};
