import type { DType } from "../../../tensor/dtype.ts";
import { lengthOf, MAX_ELEMENTS, repeated } from "../elements.ts";
import { add, ceilDivide, greatest, type Maybe, multiply, subtract } from "../extent/index.ts";
import type { Elements } from "../fact.ts";
import {
  type Application,
  dtypeOf,
  elementsOf,
  type Family,
  intAttribute,
  intsAttribute,
  numbersOf,
  type Output,
  type Rule,
  shapeOf,
  unknownShape,
} from "../rule.ts";
import { dtypeAttribute } from "./casts.ts";

/** Operators that make tensors from nothing but numbers. */

const constant: Rule = (at) => [constantOutput(at)];

function constantOutput(at: Application): Output | null {
  const tensor = at.attribute("value");
  if (tensor?.kind === "tensor") {
    const { dtype, shape } = tensor.value;
    return { dtype, shape, elements: at.elementsOf(tensor.value) };
  }
  const sparse = at.attribute("sparse_value");
  if (sparse?.kind === "sparse") return { dtype: sparse.value.values.dtype, shape: sparse.value.shape };
  for (const [name, dtype] of SHORT_FORMS) {
    const found = at.attribute(name);
    if (!found || typeof found.value === "string") continue;
    const list = Array.isArray(found.value) ? (found.value as readonly unknown[]) : null;
    const shape = name.endsWith("s") ? [list?.length ?? null] : [];
    if (dtype === "string") return { dtype, shape };
    const numbers = (list ?? [found.value]).map(Number);
    return { dtype, shape, elements: numbers };
  }
  return null;
}

const SHORT_FORMS: readonly (readonly [attribute: string, dtype: DType])[] = [
  ["value_int", "int64"],
  ["value_ints", "int64"],
  ["value_float", "float32"],
  ["value_floats", "float32"],
  ["value_string", "string"],
  ["value_strings", "string"],
];

/** The shape that an input spells out, as far as its contents are known. */
export function shapeFrom(at: Application, index: number): readonly Maybe[] | null {
  const elements = elementsOf(at, index);
  if (elements) return elements;
  const length = shapeOf(at, index)?.[0];
  return typeof length === "number" ? unknownShape(length) : null;
}

const constantOfShape: Rule = (at) => {
  const shape = shapeFrom(at, 0);
  const value = at.attribute("value");
  const tensor = value?.kind === "tensor" ? value.value : null;
  if (tensor && (tensor.shape.length !== 1 || tensor.shape[0] !== 1))
    at.conflict(`a value of the shape [${tensor.shape}], where it must be [1]`);
  const filling = tensor ? (at.elementsOf(tensor)?.[0] ?? null) : 0;
  return [{ dtype: tensor?.dtype ?? "float32", shape, elements: repeated(filling, lengthOf(shape)) }];
};

/** max(ceil((limit - start) / delta), 0) numbers. */
const range: Rule = (at) => {
  const dtype = dtypeOf(at, 0);
  const [start = null, limit = null, delta = null] = [0, 1, 2].map((i) => elementsOf(at, i)?.[0] ?? null);
  if (delta === 0)
    at.conflict("steps of 0, which never come to the limit", {
      input: 2,
      remedy: "Give a step that is not 0; for equal numbers there is Expand.",
    });
  const length = rangeLength(start, limit, delta);
  return [{ dtype, shape: [length], elements: isWhole(dtype) ? counted(start, delta, length) : null }];
};

const isWhole = (dtype: DType | null) => dtype === "int64" || dtype === "int32" || dtype === "int16";

function rangeLength(start: Maybe, limit: Maybe, delta: Maybe): Maybe {
  if (start === null || limit === null || typeof delta !== "number" || delta === 0) return null;
  if (typeof start === "number" && typeof limit === "number") {
    const count = (distance: number) => Math.max(Math.ceil(distance / delta), 0) + 0;
    // The runtime takes the difference in the tensors' own type: where that decides, nothing is claimed.
    const length = count(limit - start);
    return length === count(Math.fround(limit - start)) && length < 2 ** 24
      ? length
      : wholeLength(start, limit, delta);
  }
  return wholeLength(start, limit, delta);
}

function wholeLength(start: Maybe, limit: Maybe, delta: number): Maybe {
  if (!Number.isSafeInteger(delta)) return null;
  const distance = delta > 0 ? subtract(limit, start) : subtract(start, limit);
  return greatest(ceilDivide(distance, Math.abs(delta)), 0);
}

function counted(start: Maybe, delta: Maybe, length: Maybe): Elements | null {
  if (typeof length !== "number" || length > MAX_ELEMENTS) return null;
  return Array.from({ length }, (_, i) => add(start, multiply(delta, i)));
}

const eyeLike: Rule = (at) => [
  { dtype: dtypeAttribute(at, "dtype") ?? dtypeOf(at, 0), shape: shapeOf(at, 0) },
];

const random: Rule = (at) => [
  {
    dtype: at.attribute("dtype") ? dtypeAttribute(at, "dtype") : "float32",
    shape: intsAttribute(at, "shape"),
  },
];

const multinomial: Rule = (at) => {
  const rows = shapeOf(at, 0)?.[0] ?? null;
  return [
    {
      dtype: at.attribute("dtype") ? dtypeAttribute(at, "dtype") : "int32",
      shape: [rows, intAttribute(at, "sample_size", 1)],
    },
  ];
};

/** The indices' shape with the depth at the new axis. */
const oneHot: Rule = (at) => {
  const indices = shapeOf(at, 0);
  if (!indices) return [null];
  const axis = intAttribute(at, "axis", -1);
  const place = axis < 0 ? axis + indices.length + 1 : axis;
  if (place < 0 || place > indices.length) {
    at.conflict(`axis ${axis} of a tensor of rank ${indices.length + 1}`);
    return [null];
  }
  const depth = numbersOf(at, 1)?.[0] ?? elementsOf(at, 1)?.[0] ?? null;
  return [
    {
      shape: [
        ...indices.slice(0, place),
        typeof depth === "number" ? Math.trunc(depth) : depth,
        ...indices.slice(place),
      ],
    },
  ];
};

export const GENERATORS: Family = {
  domain: "",
  rules: {
    Bernoulli: eyeLike,
    Constant: constant,
    ConstantOfShape: constantOfShape,
    EyeLike: eyeLike,
    Multinomial: multinomial,
    OneHot: oneHot,
    RandomNormal: random,
    RandomNormalLike: eyeLike,
    RandomUniform: random,
    RandomUniformLike: eyeLike,
    Range: range,
  },
};
