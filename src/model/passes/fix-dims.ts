import { fail } from "../../base/errors/index.ts";
import type { Model, Value, ValueType } from "../graph/graph.ts";
import { inferTypes } from "../graph/infer/index.ts";
import { nameText, someOf } from "../graph/label.ts";
import { graphsOf } from "../graph/walk.ts";
import type { Dim } from "../tensor/tensor.ts";
import { type Declared, declareWhatFollows, newConflicts } from "./fixed-shapes.ts";
import type { Pass } from "./pass.ts";

/**
 * Gives dimensions of the model's inputs a length. A dimension is called by its name ("batch"), or by its input and its place
 * ("image:0"), which is the only way where it has no name; a name stands for one length wherever it stands.
 *
 * What the file declares of computed values is dropped where it is not a fixed shape: it may follow from what was fixed. Outputs
 * are declared with the lengths that do follow, as ONNX Runtime's make_dynamic_shape_fixed does it.
 * @param dims lengths from 1 by dimension
 * @param options `simplified`: whether the model is simplified afterwards, and nobody need be told to
 */
export function fixDims(dims: ReadonlyMap<string, number>, { simplified = false } = {}): Pass {
  const done = new WeakSet<Model>();
  return {
    name: "fix-dims",
    promises: "The dimensions that were named have the lengths that were given.",
    /**
     * @throws MODEL_DIM_UNKNOWN with those that there are, MODEL_DIM_LENGTH, MODEL_DIM_FIXED for one that has another length,
     * in the file or by another name that was given, MODEL_DIM_CONTRADICTS for one with which a node cannot be computed
     */
    async run(model, { note, signal }) {
      // The names are gone once the dimensions have their lengths.
      if (done.has(model)) return { model, modified: false };
      const before: Declared = new Map();
      const changed = fix(model, dims, before);
      done.add(model);
      if (!changed) return { model, modified: false };
      const types = await inferTypes(model, { declaredShapes: false, ...(signal ? { signal } : {}) });
      const { own, inner } = await newConflicts(model, types, before, signal);
      const given = someOf([...dims].map(([name, length]) => `${nameText(name)}=${length}`));
      if (own) throw fail("MODEL_DIM_CONTRADICTS", { dims: given, ...own }, { where: own.where });
      if (inner)
        note(
          `with ${given}, ${inner.node} of a branch, body or function cannot be computed: ${inner.problem}; runtimes may refuse the model ${simplified ? "where simplifying did not take it out" : "unless --simplify takes it out"}`,
        );
      declareWhatFollows(model, types, note);
      return { model, modified: true };
    },
  };
}

interface Fixed {
  readonly byName: Map<string, number>;
  readonly byPlace: Map<Value, Map<number, number>>;
}

/** @param before takes the types of values that get another one */
function fix(model: Model, dims: ReadonlyMap<string, number>, before: Declared): boolean {
  const fixed: Fixed = { byName: new Map(), byPlace: new Map() };
  const inputs = new Map(model.graph.inputs.map((value) => [value.name, value]));
  const names = new Set(model.graph.inputs.flatMap((value) => shapeIn(value).filter(isName)));
  for (const [dimension, length] of dims) {
    if (!Number.isSafeInteger(length) || length < 1) throw fail("MODEL_DIM_LENGTH", { dimension, length });
    if (names.has(dimension)) settle(fixed.byName, dimension, length, dimension);
    else fixPlace(model, inputs, fixed, dimension, length);
  }
  if (fixed.byName.size === 0 && fixed.byPlace.size === 0) return false;
  const signature = new Set([...model.graph.inputs, ...model.graph.outputs]);
  for (const graph of graphsOf(model)) {
    for (const value of graph.values.values()) {
      before.set(value, value.type);
      value.type = typeWith(value.type, fixed, fixed.byPlace.get(value));
      if (!signature.has(value) && !value.constant && !isFixed(value.type))
        value.type = withoutShape(value.type);
    }
  }
  return true;
}

/** "image:0": an input's name, which may have colons of its own, and the place of the dimension in its shape. */
function fixPlace(
  model: Model,
  inputs: ReadonlyMap<string, Value>,
  fixed: Fixed,
  dimension: string,
  length: number,
): void {
  const [, name = "", place = ""] = /^(.*):(\d{1,4})$/s.exec(dimension) ?? [];
  const value = inputs.get(name);
  const dim = value && shapeIn(value)[Number(place)];
  if (dim === undefined) throw fail("MODEL_DIM_UNKNOWN", { dimension, known: knownDims(model) });
  if (typeof dim === "string") settle(fixed.byName, dim, length, dimension);
  else if (typeof dim === "number") {
    if (dim !== length) throw fail("MODEL_DIM_FIXED", { dimension, length: dim });
  } else {
    const places = fixed.byPlace.get(value as Value) ?? new Map<number, number>();
    fixed.byPlace.set(value as Value, places);
    settle(places, Number(place), length, dimension);
  }
}

function settle<K>(lengths: Map<K, number>, key: K, length: number, dimension: string): void {
  const before = lengths.get(key);
  if (before !== undefined && before !== length) throw fail("MODEL_DIM_FIXED", { dimension, length: before });
  lengths.set(key, length);
}

function isName(dim: Dim): dim is string {
  return typeof dim === "string";
}

function shapeIn({ type }: Value): readonly Dim[] {
  return (type?.kind === "tensor" && type.shape) || [];
}

/** Dimensions that have no length, as they can be called. */
function knownDims({ graph }: Model): string {
  const names = new Set<string>();
  for (const value of graph.inputs) {
    for (const [place, dim] of shapeIn(value).entries()) {
      if (typeof dim === "string") names.add(dim);
      else if (dim === null) names.add(`${value.name}:${place}`);
    }
  }
  return names.size === 0 ? "none, all have their lengths" : [...names].join(", ");
}

function typeWith(
  type: ValueType | null,
  fixed: Fixed,
  places: ReadonlyMap<number, number> | undefined,
): ValueType | null {
  if (!type) return null;
  if ("element" in type) return { ...type, element: typeWith(type.element, fixed, undefined) };
  if (type.kind === "map") return { ...type, value: typeWith(type.value, fixed, undefined) };
  if (!("shape" in type) || !type.shape) return type;
  const shape = type.shape.map((dim, place): Dim => {
    if (typeof dim === "string") return fixed.byName.get(dim) ?? dim;
    return dim ?? places?.get(place) ?? null;
  });
  return { ...type, shape };
}

function isFixed(type: ValueType | null): boolean {
  return !(type && "shape" in type && type.shape?.some((dim) => typeof dim !== "number"));
}

function withoutShape(type: ValueType | null): ValueType | null {
  return type && "shape" in type ? { kind: type.kind, dtype: type.dtype, shape: null } : type;
}
