import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { Build } from "./build.ts";
import { axisIn, type Layout } from "./layout.ts";
import { refuse } from "./refusal.ts";

/**
 * A length, or another whole number about axes, as the conversion knows it: the number, or nodes that work it out while the
 * model runs (int64, [1]), made when they are needed.
 */
export type Length = number | { readonly value: () => Value };

/** Lists about axes have at most as many entries as tensors have axes; the runtime's limit is below this. */
const MAX_ENTRIES = 64;

/** The lengths of a tensor, in the layout in which it is read. @throws Refusal where the rank is unknown */
export function lengthsOf(build: Build, tensor: TfliteTensor, layout: Layout = "last"): Length[] {
  const rank = build.rank(tensor);
  const lengths = new Array<Length>(rank);
  for (const [axis, dim] of (build.dims(tensor) ?? []).entries()) {
    const at = axisIn(layout, axis, rank);
    const range = { start: attribute.int(at), end: attribute.int(at + 1) };
    lengths[at] = dim ?? { value: () => build.node("Shape", [build.stored(tensor, layout)], range) };
  }
  return lengths;
}

/** The elements of a tensor of rank 0 or 1, constant or computed. @throws Refusal where it is not known how many there are */
export async function entriesOf(build: Build, tensor: TfliteTensor, what: string): Promise<Length[]> {
  if (build.constantOf(tensor) || tensor.dims?.includes(0)) return build.numbers(tensor, what);
  const count = tensor.dims?.length === 0 ? 1 : tensor.dims?.[0];
  if (count === null || count === undefined || count > MAX_ENTRIES || (tensor.dims ?? []).length > 1)
    throw refuse(`it is not known how many numbers ${what} has`);
  const whole = await wholeOf(build, tensor, what);
  if (count === 1) return [{ value: () => whole }];
  return Array.from({ length: count }, (_, i) => ({
    value: () => build.node("Gather", [whole, build.ints([i])]),
  }));
}

/** A tensor of whole numbers as int64, [n]. */
export async function wholeOf(build: Build, tensor: TfliteTensor, what: string): Promise<Value> {
  if (build.constantOf(tensor)) return build.ints(await build.numbers(tensor, what));
  const stored = build.stored(tensor);
  const whole = build.dtype(tensor) === "int64" ? stored : build.cast(stored, "int64");
  return tensor.dims?.length === 1 ? whole : build.node("Reshape", [whole, build.ints([-1])]);
}

/** `length · by / over + plus`, rounded down where all are positive. */
export function scaled(build: Build, length: Length, by: number, over = 1, plus = 0): Length {
  if (typeof length === "number") return Math.floor((length * by) / over) + plus;
  if (by === 1 && over === 1 && plus === 0) return length;
  return {
    value: () => {
      let value = length.value();
      if (by !== 1) value = build.node("Mul", [value, build.ints([by])]);
      if (over !== 1) value = build.node("Div", [value, build.ints([over])]);
      if (plus !== 0) value = build.node("Add", [value, build.ints([plus])]);
      return value;
    },
  };
}

export function sum(build: Build, a: Length, b: Length): Length {
  if (typeof a === "number" && typeof b === "number") return a + b;
  return { value: () => build.node("Add", [list(build, [a]), list(build, [b])]) };
}

/** `then` where a length is a number, `length` or what becomes of it otherwise. */
export function unless(
  build: Build,
  length: Length,
  number: number,
  then: Length,
  otherwise: Length,
): Length {
  if (typeof length === "number") return length === number ? then : otherwise;
  return {
    value: () =>
      build.node("Where", [
        build.node("Equal", [length.value(), build.ints([number])]),
        list(build, [then]),
        list(build, [otherwise]),
      ]),
  };
}

/** Lengths as a list: int64, [n]. */
export function list(build: Build, lengths: readonly Length[]): Value {
  const parts: Value[] = [];
  let known: number[] = [];
  const close = () => {
    if (known.length > 0) parts.push(build.ints(known));
    known = [];
  };
  for (const length of lengths) {
    if (typeof length === "number") known.push(length);
    else {
      close();
      parts.push(length.value());
    }
  }
  close();
  if (parts.length === 0) return build.ints([]);
  return parts.length === 1 ? (parts[0] as Value) : build.node("Concat", parts, { axis: attribute.int(0) });
}

/** A value under another shape; a single length that is not known is left to the runtime. */
export function reshape(build: Build, value: Value, lengths: readonly Length[]): Value {
  const isEmpty = lengths.includes(0);
  const open = lengths.filter((length) => typeof length !== "number").length;
  const isLeft = open === 1 && !isEmpty;
  const shape = isLeft ? lengths.map((length) => (typeof length === "number" ? length : -1)) : lengths;
  return build.node("Reshape", [value, list(build, shape)], isEmpty ? { allowzero: attribute.int(1) } : {});
}
