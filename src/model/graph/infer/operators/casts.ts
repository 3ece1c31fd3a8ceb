import { DTYPES, type DType } from "../../../tensor/dtype.ts";
import { lowerBound, type Maybe } from "../extent/index.ts";
import type { Elements } from "../fact.ts";
import {
  type Application,
  dtypeOf,
  elementsOf,
  type Family,
  intAttribute,
  type Rule,
  shapeOf,
} from "../rule.ts";

/** Operators that change the element type alone. */

const BY_CODE: ReadonlyMap<number, DType> = new Map(
  (Object.entries(DTYPES) as [DType, { onnx: number }][]).map(([dtype, { onnx }]) => [onnx, dtype]),
);
/** TensorProto.DataType by its names, as Cast wrote it before version 6 ("FLOAT", "DOUBLE", "INT64"). */
const OTHER_NAMES: ReadonlyMap<string, DType> = new Map([
  ["float", "float32"],
  ["double", "float64"],
]);

/** The element type that an int attribute names (TensorProto.DataType). */
export function dtypeAttribute(at: Application, name: string): DType | null {
  const code = intAttribute(at, name);
  return code === null ? null : (BY_CODE.get(code) ?? null);
}

function dtypeNamed(at: Application): DType | null {
  const found = at.attribute("to");
  if (found?.kind !== "string") return dtypeAttribute(at, "to");
  const name = new TextDecoder().decode(found.value).toLowerCase();
  return OTHER_NAMES.get(name) ?? (Object.hasOwn(DTYPES, name) ? (name as DType) : null);
}

const cast: Rule = (at) => [converted(at, dtypeNamed(at))];
const castLike: Rule = (at) => [converted(at, dtypeOf(at, 1))];

function converted(at: Application, dtype: DType | null) {
  return { dtype, shape: shapeOf(at, 0), elements: castElements(elementsOf(at, 0), dtype) };
}

function castElements(elements: Elements | null, dtype: DType | null): Elements | null {
  if (!elements || !dtype) return null;
  if (dtype === "bool") return elements.map(truth);
  return /float/.test(dtype)
    ? elements
    : elements.map((each) => (typeof each === "number" ? Math.trunc(each) : each));
}

/** Whether a number is not zero, as 1 or 0. */
function truth(element: Maybe): Maybe {
  if (typeof element === "number") return element === 0 ? 0 : 1;
  return element !== null && lowerBound(element) > 0 ? 1 : null;
}

/** The bits are kept: types of one width. */
const bitCast: Rule = (at) => [{ dtype: dtypeAttribute(at, "to"), shape: shapeOf(at, 0) }];

export const CASTS: Family = {
  domain: "",
  rules: { Cast: cast, CastLike: castLike, BitCast: bitCast },
};
