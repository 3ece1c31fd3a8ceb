import {
  add,
  ceilDivide,
  greatest,
  isAtLeast,
  least,
  lowerBound,
  type Maybe,
  subtract,
} from "../extent/index.ts";
import type { Elements } from "../fact.ts";
import {
  type Application,
  axisOf,
  elementsOf,
  type Family,
  hasInput,
  intsAttribute,
  type Outputs,
  shapeOf,
} from "../rule.ts";

/** Slice, as its versions give the limits: attributes before 10, inputs since; and as it was tried before that. */

interface Limits {
  readonly starts: Elements | null;
  readonly ends: Elements | null;
  /** null where they are not known; by default the first axes. */
  readonly axes: readonly number[] | null;
  readonly steps: Elements | null;
}

/** @param given by attributes */
function limitsOf(at: Application, rank: number, given: boolean): Limits {
  const starts = given ? intsAttribute(at, "starts") : elementsOf(at, 1);
  const ends = given ? intsAttribute(at, "ends") : elementsOf(at, 2);
  const count = starts?.length ?? ends?.length ?? shapeOf(at, 1)?.[0];
  const first =
    typeof count === "number" && count <= rank ? Array.from({ length: count }, (_, axis) => axis) : null;
  const axes = given ? (intsAttribute(at, "axes") ?? first) : hasInput(at, 3) ? elementsOf(at, 3) : first;
  const steps = !given && hasInput(at, 4) ? elementsOf(at, 4) : (axes?.map(() => 1) ?? null);
  return {
    starts,
    ends,
    axes: axes?.every((axis) => typeof axis === "number") ? (axes as number[]) : null,
    steps,
  };
}

function slice(at: Application, given: boolean): Outputs {
  const dims = shapeOf(at, 0);
  if (!dims) return [null];
  const { starts, ends, axes, steps } = limitsOf(at, dims.length, given);
  // Contents that are computed are as many as their shape says.
  const counts = [starts, ends, axes, steps].flatMap((each, i) => {
    const count = each?.length ?? (given ? null : shapeOf(at, i + 1)?.[0]);
    return typeof count === "number" ? count : [];
  });
  if (counts.some((count) => count !== counts[0])) {
    at.conflict(`starts, ends, axes and steps of ${counts.join(", ")} elements, where each has as many`);
    return [{ shape: dims.map(() => null) }];
  }
  if (!axes) return [{ shape: dims.map(() => null) }];
  const shape: Maybe[] = [...dims];
  let elements = dims.length === 1 ? elementsOf(at, 0) : null;
  for (const [i, given] of axes.entries()) {
    const axis = axisOf(at, given, dims.length);
    if (axis === null) return [{ shape: dims.map(() => null) }];
    if (steps?.[i] === 0) at.conflict("a step of 0", NO_STEP);
    const limits = [starts?.[i] ?? null, ends?.[i] ?? null, steps?.[i] ?? null] as const;
    shape[axis] = slicedLength(dims[axis] ?? null, ...limits);
    if (elements) elements = slicedElements(elements, ...limits);
  }
  return [{ shape, elements }];
}

const NO_STEP = { input: 4, remedy: "Give a step of 1 or more, or below 0 to go backwards." };

/** What files write for "to the end" and "from the start": the limits of int32 and int64 (ONNX, Slice). */
const FAR = 2 ** 31 - 1;

/** How many elements there are from start to end. Null where that depends on whether a limit counts from the end. */
export function slicedLength(length: Maybe, start: Maybe, end: Maybe, step: Maybe): Maybe {
  if (typeof step !== "number" || step === 0) return null;
  if (step < 0) return reversedLength(length, start, end, -step);
  const [from, to] = [limit(length, start), limit(length, end)];
  return greatest(ceilDivide(subtract(to, from), step), 0);
}

/** A limit as an index from 0 to the length. */
function limit(length: Maybe, index: Maybe): Maybe {
  if (index === null) return null;
  if (typeof index === "number") {
    if (index >= FAR) return length;
    if (index <= -FAR) return 0;
    return index < 0 ? greatest(add(length, index), 0) : index === 0 ? 0 : least(length, index);
  }
  // An expression that may be negative would count from the end.
  return lowerBound(index) >= 0
    ? least(length, index)
    : isAtLeast(0, index)
      ? greatest(add(length, index), 0)
      : null;
}

/**
 * From the back to the front, in steps of `step`. Of an end that means "to the end" the runtime takes what lies at the
 * front, ONNX's own inference nothing: no claim.
 */
function reversedLength(length: Maybe, start: Maybe, end: Maybe, step: number): Maybe {
  if (typeof start !== "number" || typeof end !== "number" || end >= FAR) return null;
  if (typeof length === "number") {
    const from = clamped(start, 0, length - 1, length);
    const to = clamped(end, -1, length - 1, length);
    return length === 0 ? 0 : Math.max(Math.ceil((from - to) / step), 0) + 0;
  }
  return (start === -1 || start >= FAR) && end <= -FAR ? ceilDivide(length, step) : null;
}

/** An index that counts from the end where it is negative, brought between two others. */
function clamped(index: number, low: number, high: number, length: number): number {
  return Math.min(Math.max(index < 0 ? index + length : index, low), high);
}

function slicedElements(elements: Elements, start: Maybe, end: Maybe, step: Maybe): Elements | null {
  if (typeof start !== "number" || typeof end !== "number" || typeof step !== "number" || step === 0)
    return null;
  const { length } = elements;
  if (step < 0 && end >= FAR) return null;
  const [from, to] =
    step > 0
      ? [clamped(start, 0, length, length), clamped(end, 0, length, length)]
      : [clamped(start, 0, length - 1, length), clamped(end, -1, length - 1, length)];
  const result: Maybe[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) result.push(elements[i] ?? null);
  return result;
}

export const SLICING: Family = {
  domain: "",
  rules: { DynamicSlice: (at) => slice(at, false), Slice: (at) => slice(at, at.version < 10) },
};
