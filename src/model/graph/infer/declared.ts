import type { Dim } from "../../tensor/tensor.ts";
import type { Value, ValueType } from "../graph.ts";
import { type Extent, extentOf, factorOf, symbolsOf } from "./extent/index.ts";
import { dimsFrom, type Fact, type Type, typeFrom } from "./fact.ts";
import { contradict, freshExtent, type Run } from "./run.ts";

/**
 * What the file declares of a computed value, joined to what was worked out. What was worked out is the better evidence:
 * a declaration fills what is unknown, and is reported where it cannot be.
 */
export function withDeclared(run: Run, value: Value, fact: Fact): Fact {
  const declared = run.declaredShapes ? value.type : withoutShape(value.type);
  if (!declared) return fact;
  const type = joined(run, value, fact.type, declared);
  return type === fact.type ? fact : { ...fact, type };
}

/** ONNX Runtime loads no model in which a value is declared to be of another type than it is; another shape it lets pass. */
const OTHER_TYPE = { isType: true } as const;

/** Types nest three deep at most, and the reader of ONNX files stops at sixteen. */
function withoutShape(type: ValueType | null): ValueType | null {
  if (!type) return null;
  if ("shape" in type) return { kind: type.kind, dtype: type.dtype, shape: null };
  return "element" in type ? { kind: type.kind, element: withoutShape(type.element) } : type;
}

function joined(run: Run, value: Value, type: Type | null, declared: ValueType): Type | null {
  if (!type) return typeFrom(declared, (dim) => (typeof dim === "number" ? dim : freshExtent(run, dim)));
  if (type.kind !== declared.kind) {
    contradict(
      run,
      value.producer,
      value,
      `declared as ${declared.kind}, computed as ${type.kind}`,
      OTHER_TYPE,
    );
    return type;
  }
  if ("shape" in type && "shape" in declared) {
    const dtype = type.dtype ?? declared.dtype;
    if (dtype !== declared.dtype)
      contradict(
        run,
        value.producer,
        value,
        `declared as ${declared.dtype}, computed as ${dtype}`,
        OTHER_TYPE,
      );
    return { kind: type.kind, dtype, shape: joinedShape(run, value, type.shape, declared.shape) };
  }
  if ("element" in type && "element" in declared) {
    if (!declared.element) return type;
    return { kind: type.kind, element: joined(run, value, type.element, declared.element) };
  }
  return type;
}

function joinedShape(
  run: Run,
  value: Value,
  shape: readonly Extent[] | null,
  declared: (ValueType & { kind: "tensor" })["shape"],
): readonly Extent[] | null {
  if (!declared) return shape;
  if (!shape) return dimsFrom(declared, (dim) => (typeof dim === "number" ? dim : freshExtent(run, dim)));
  if (shape.length !== declared.length) {
    contradict(
      run,
      value.producer,
      value,
      `declared with rank ${declared.length}, computed with rank ${shape.length}`,
    );
    return shape;
  }
  return shape.map((dim, axis) => joinedDim(run, value, axis, dim, declared[axis] ?? null));
}

function joinedDim(
  run: Run,
  value: Value,
  axis: number,
  dim: Extent,
  declared: number | string | null,
): Extent {
  if (declared === null) return dim;
  if (typeof dim === "number") {
    if (typeof declared === "number" && declared !== dim)
      contradict(run, value.producer, value, `dimension ${axis} declared as ${declared}, computed as ${dim}`);
    return dim;
  }
  if (typeof declared === "number") {
    // A length that follows the model's inputs is no fixed one: such declarations are left over from an export.
    for (const { isInput } of symbolsOf(dim)) if (isInput) return dim;
    return declared;
  }
  const factor = factorOf(dim);
  // The name is what the file calls this length; two of one name need not be equal, so identity stays the symbol's own.
  return factor?.kind === "symbol" && factor.name === null ? extentOf({ ...factor, name: declared }) : dim;
}

/** A constant that is an input too, and of another shape than the input: the runtime loads no such model. */
export function holdDefault(run: Run, value: Value): void {
  const { constant, type } = value;
  if (!constant || type?.kind !== "tensor" || !type.shape) return;
  const { shape } = type;
  const differs = (dim: Dim, axis: number) => typeof dim === "number" && dim !== constant.shape[axis];
  if (shape.length !== constant.shape.length || shape.some(differs))
    contradict(
      run,
      null,
      value,
      `declared as [${shape.map((dim) => dim ?? "?")}], and the constant of its name is [${constant.shape}]`,
      OTHER_TYPE,
    );
}
