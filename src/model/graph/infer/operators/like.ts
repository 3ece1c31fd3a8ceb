import type { DType } from "../../../tensor/dtype.ts";
import { type Extent, formatExtent, type Maybe, symbolsOf } from "../extent/index.ts";
import type { Type } from "../fact.ts";
import { type Application, type Rule, shapeOf } from "../rule.ts";
import { dtypeAttribute } from "./casts.ts";

/** Every output has the shape of one input; element types are the schema's. */
export const like =
  (index = 0): Rule =>
  (at) => {
    const shape = shapeOf(at, index);
    return at.node.outputs.map(() => ({ shape }));
  };

/** The shape of one input, and an element type that the schema does not tell. */
export const likeOf =
  (index: number, dtype: (at: Application) => DType | null): Rule =>
  (at) => [{ shape: shapeOf(at, index), dtype: dtype(at) }];

/** A length that two sources tell: the one that says more. Two that cannot be one are reported. */
export function sameLength(at: Application, a: Maybe | undefined, b: Maybe | undefined): Maybe {
  if (a === undefined || a === null) return b ?? null;
  if (b === undefined || b === null) return a;
  if (typeof a === "number" && typeof b === "number" && a !== b) {
    at.conflict(`lengths of ${formatExtent(a)} and ${formatExtent(b)} where they must be equal`);
    return a;
  }
  return vagueness(b) < vagueness(a) ? b : a;
}

/** A tensor's type that two sources tell. */
export function sameTensor(at: Application, a: Type | null, b: Type | null): Type | null {
  if (a?.kind !== "tensor" || b?.kind !== "tensor") return a ?? b;
  const dtype = a.dtype ?? b.dtype;
  const { shape } = b;
  if (!a.shape || !shape) return { kind: "tensor", dtype, shape: a.shape ?? shape };
  if (a.shape.length === shape.length) {
    return {
      kind: "tensor",
      dtype,
      shape: a.shape.map((dim, axis) => sameLength(at, dim, shape[axis]) ?? dim),
    };
  }
  at.conflict(`tensors of rank ${a.shape.length} and ${shape.length} where they must be equal`);
  return { kind: "tensor", dtype, shape: a.shape };
}

/** A number says more than lengths of the model's inputs, and those say more than what only a run decides. */
function vagueness(length: Extent): number {
  if (typeof length === "number") return 0;
  for (const { isInput, name } of symbolsOf(length)) if (!isInput || name === null) return 2;
  return 1;
}

/** The element type that an attribute names by its number (TensorProto.DataType), or what holds without the attribute. */
export function dtypeAttributeOr(at: Application, name: string, fallback: DType | null): DType | null {
  return at.attribute(name) ? dtypeAttribute(at, name) : fallback;
}
