import type { Model, Node, Value, ValueType } from "../graph/graph.ts";
import { type InferredTypes, inferTypes } from "../graph/infer/index.ts";
import { nameText, operatorText, someOf } from "../graph/label.ts";
import { shapeText, typeText } from "../graph/print/index.ts";
import { graphsOf } from "../graph/walk.ts";
import type { Dim } from "../tensor/tensor.ts";
import type { PassContext } from "./pass.ts";

/** What was declared of values before they got other types. */
export type Declared = Map<Value, ValueType | null>;

/** A node that cannot be computed, in words. */
export interface Conflict {
  readonly node: string;
  readonly problem: string;
  /** What it reads, with types. */
  readonly reads: string;
  readonly where: string;
}

/** The first of each kind; null where there is none. */
export interface Conflicts {
  readonly own: Conflict | null;
  /** In a branch, a body or a function, which may never be run. */
  readonly inner: Conflict | null;
}

/**
 * Nodes whose inputs go together no longer since values got other types. What did not fit before is not the new types' fault.
 * @param types worked out of the model as it is
 */
export async function newConflicts(
  model: Model,
  types: InferredTypes,
  before: Declared,
  signal?: AbortSignal,
): Promise<Conflicts> {
  const found = types.contradictions.flatMap(({ node, value, problem }) =>
    node && value === null ? [{ node, problem }] : [],
  );
  if (found.length === 0) return { own: null, inner: null };
  const old = await conflictingBefore(model, before, signal);
  const first = (isOwn: boolean): Conflict | null => {
    const conflict = found.find(({ node }) => !old.has(node) && (node.graph === model.graph) === isOwn);
    return conflict ? described(conflict.node, conflict.problem, types) : null;
  };
  return { own: first(true), inner: first(false) };
}

function described(node: Node, problem: string, types: InferredTypes): Conflict {
  const where = `node ${node.name === "" ? node.graph.nodes.indexOf(node) : nameText(node.name)}`;
  const reads = node.inputs.flatMap((value) =>
    value ? [`${nameText(value.name)} ${typeOfInput(value, types)}`] : [],
  );
  return { node: `${where} (${operatorText(node)})`, problem, reads: someOf(reads), where };
}

function typeOfInput(value: Value, types: InferredTypes): string {
  const { constant } = value;
  if (constant) return typeText({ kind: "tensor", dtype: constant.dtype, shape: constant.shape });
  return typeText(types.typeOf(value));
}

async function conflictingBefore(
  model: Model,
  before: Declared,
  signal?: AbortSignal,
): Promise<ReadonlySet<Node>> {
  const now: Declared = new Map();
  for (const [value, type] of before) {
    now.set(value, value.type);
    value.type = type;
  }
  try {
    const { contradictions } = await inferTypes(model, {
      declaredShapes: false,
      ...(signal ? { signal } : {}),
    });
    return new Set(contradictions.flatMap(({ node, value }) => (node && value === null ? [node] : [])));
  } finally {
    for (const [value, type] of now) value.type = type;
  }
}

/**
 * Declares what follows: outputs have the lengths that were worked out, and a declaration of any value that says another length is
 * mended, since it is left over from an export.
 */
export function declareWhatFollows(model: Model, types: InferredTypes, note: PassContext["note"]): void {
  const outputs = new Set(model.graph.outputs);
  const mended: string[] = [];
  for (const graph of graphsOf(model)) {
    for (const value of graph.values.values()) {
      if (!value.producer || value.type?.kind !== "tensor" || !(value.type.shape || outputs.has(value)))
        continue;
      const follows = types.typeOf(value);
      if (follows?.kind !== "tensor" || !follows.shape) continue;
      const now = shapeFrom(value.type.shape, follows.shape, outputs.has(value));
      if (now === value.type.shape) continue;
      if (value.type.shape && isContradicted(value.type.shape, follows.shape))
        mended.push(`${nameText(value.name)} ${shapeText(value.type.shape)}, which is ${shapeText(now)}`);
      value.type = { ...value.type, shape: now };
    }
  }
  if (mended.length > 0) note(`declared otherwise and mended: ${someOf(mended, 3)}`);
}

type Shape = readonly Dim[];

/** The shape as it was declared, where nothing is to be changed. */
function shapeFrom(declared: Shape | null, follows: Shape, isOutput: boolean): Shape | null {
  const isOff = declared !== null && isContradicted(declared, follows);
  if (!isOff && !isOutput) return declared;
  if (declared?.length !== follows.length)
    return follows.map((dim) => (typeof dim === "number" ? dim : null));
  const shape = declared.map((dim, axis): Dim => {
    const length = follows[axis] ?? null;
    return typeof length === "number" ? length : dim;
  });
  return shape.some((dim, axis) => dim !== declared[axis]) ? shape : declared;
}

function isContradicted(declared: Shape, follows: Shape): boolean {
  return (
    declared.length !== follows.length ||
    declared.some((dim, axis) => {
      const length = follows[axis];
      return typeof dim === "number" && typeof length === "number" && dim !== length;
    })
  );
}
