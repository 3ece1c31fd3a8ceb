import type { Model, Value, ValueType } from "../graph.ts";
import { isFixed } from "./constants.ts";
import { holdDefault } from "./declared.ts";
import type { Extent } from "./extent/index.ts";
import { bareTypeOf, type Elements, NOTHING, type Type, typeFrom, valueTypeOf } from "./fact.ts";
import { type Contradiction, inputExtent, type Run, type Scope, startRun } from "./run.ts";
import { factOf, inferGraph } from "./visit.ts";

export interface InferOptions {
  readonly signal?: AbortSignal;
  /** Whether types name lengths that follow from others ("batch*heads"), or leave them out. @default true */
  readonly derived?: boolean;
  /**
   * Whether shapes that the file declares of computed values fill what is unknown. They may be left over from an export and
   * be wrong: whoever changes answers by what he knows leaves them out.
   * @default true
   */
  readonly declaredShapes?: boolean;
}

/** What was worked out of a model's values. It holds for the model as it was: after a change, infer again. */
export interface InferredTypes {
  /**
   * The type of a value; null where nothing is known. Lengths of inputs keep their names, what follows from them is
   * written as an expression, and a length without name is null. Equal names in values that only the file declares need
   * not be equal lengths: compare with shapeOf.
   */
  typeOf(value: Value): ValueType | null;
  /** The same without shapes, for whoever asks a million times what kind of thing a value is. */
  bareTypeOf(value: Value): ValueType | null;
  /** The lengths themselves, to be compared and computed with; null where the rank is unknown. */
  shapeOf(value: Value): readonly Extent[] | null;
  /** The contents of a small tensor of rank 0 or 1, as far as shape arithmetic knows them; null for unknown elements. */
  knownOf(value: Value): Elements | null;
  /** Declarations that cannot be true, and nodes whose inputs do not fit. */
  readonly contradictions: readonly Contradiction[];
}

/**
 * Types, shapes and small contents of every value, from the model's inputs on; the model is not changed. Values of
 * functions get what all their calls have in common. Lengths hold for runs in which no length of an input is 0, unless it is
 * the only one in its tensor: Reshape copies in place of 0, and Concat leaves out what is empty.
 * @throws whatever reading the small constants of the file throws
 */
export async function inferTypes(model: Model, options: InferOptions = {}): Promise<InferredTypes> {
  const { signal, derived = true, declaredShapes = true } = options;
  const run = startRun(model, signal, declaredShapes);
  const scope: Scope = { facts: run.facts, opsets: model.opsets, attributes: null, calls: [] };
  for (const value of model.graph.inputs) {
    holdDefault(run, value);
    if (isFixed(run, value)) continue;
    run.facts.set(value, { type: typeFrom(value.type, (dim) => inputExtent(run, dim)), elements: null });
  }
  await inferGraph(run, scope, model.graph, []);
  return view(run, scope, derived);
}

function view(run: Run, scope: Scope, derived: boolean): InferredTypes {
  const of = (value: Value) => factOf(run, scope, value) ?? NOTHING;
  return {
    typeOf: (value) => valueTypeOf(of(value).type, derived),
    bareTypeOf: (value) => bareTypeOf(of(value).type),
    shapeOf: (value) => shapeIn(of(value).type),
    knownOf: (value) => of(value).elements?.map(whole) ?? null,
    contradictions: run.contradictions,
  };
}

function shapeIn(type: Type | null): readonly Extent[] | null {
  return type && "shape" in type ? type.shape : null;
}

/** Whole numbers beyond 2^53 were rounded when they were read. */
function whole(element: Extent | null): Extent | null {
  return typeof element === "number" && Math.abs(element) > Number.MAX_SAFE_INTEGER ? null : element;
}
