import { broadcast, type Extent, formatExtent, isSame, type Maybe } from "./extent/index.ts";
import type { Elements } from "./fact.ts";
import type { Application } from "./rule.ts";

type Shape = readonly Maybe[] | null;

/**
 * The common shape of several (ONNX, "Multidirectional Broadcasting"); null where the rank of one is unknown. Lengths that
 * cannot be brought together are reported.
 */
export function broadcastShapes(at: Application, shapes: readonly Shape[]): readonly Maybe[] | null {
  let result: readonly Maybe[] | null = [];
  for (const shape of shapes) {
    if (!shape || !result) return null;
    result = broadcastTwo(at, result, shape);
  }
  return result;
}

/** One of the two itself where it is the result, as in most nodes: their shapes are then one. */
function broadcastTwo(at: Application, a: readonly Maybe[], b: readonly Maybe[]): readonly Maybe[] {
  const rank = Math.max(a.length, b.length);
  const result = new Array<Maybe>(rank);
  let isFirst = a.length === rank;
  let isSecond = b.length === rank;
  for (let axis = 0; axis < rank; axis++) {
    const x = lengthAt(a, axis - (rank - a.length));
    const y = lengthAt(b, axis - (rank - b.length));
    const common = broadcast(x, y);
    if (common === "conflict")
      at.conflict(`${formatExtent(x as Extent)} and ${formatExtent(y as Extent)} do not broadcast`);
    const length = common === "conflict" ? null : common;
    isFirst &&= length === x;
    isSecond &&= length === y;
    result[axis] = length;
  }
  return isFirst ? a : isSecond ? b : result;
}

/** An unknown length beside 1 is that unknown length; one that is missing is 1. */
function lengthAt(shape: readonly Maybe[], axis: number): Maybe {
  return axis < 0 ? 1 : (shape[axis] ?? null);
}

/** Contents of an operation on contents, element by element; scalars and single elements are stretched. */
export function mapElements(
  inputs: readonly (Elements | null)[],
  operation: (...elements: Maybe[]) => Maybe,
): Elements | null {
  const length = inputs.reduce(
    (longest, each) => (each?.length === 1 ? longest : (each?.length ?? longest)),
    1,
  );
  const known: Elements[] = [];
  for (const each of inputs) {
    if (!each || (each.length !== 1 && each.length !== length)) return null;
    known.push(each);
  }
  return Array.from({ length }, (_, i) =>
    operation(...known.map((each) => (each.length === 1 ? each[0] : each[i]) ?? null)),
  );
}

/** Two lengths of which it is certain that they differ. */
export function isDifferent(a: Maybe, b: Maybe): boolean {
  return typeof a === "number" && typeof b === "number" && !isSame(a, b);
}
