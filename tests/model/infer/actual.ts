// What was inferred beside what is: a model is run with every value among its outputs, its symbols are bound by the lengths
// of the inputs that were fed, and each shape and each known element must be the one that came out.
import type { Tensor as RuntimeTensor } from "onnxruntime-node";
import { type Extent, evaluateExtent, factorOf, formatExtent } from "../../../src/model/graph/infer/index.ts";
import { fromHalf, type InferredTypes, type Model, type Tensors } from "../../../src/model/index.ts";

export interface Tally {
  /** Values that came out of the run. */
  values: number;
  /** Of these, those whose every length was inferred, by whatever expression. */
  shapes: number;
  /** Known elements that were compared. */
  elements: number;
  readonly wrong: string[];
}

export function emptyTally(): Tally {
  return { values: 0, shapes: 0, elements: 0, wrong: [] };
}

/** Holds what was inferred of a model to one of its runs. */
export function compareActual(
  actual: Tally,
  where: string,
  model: Model,
  types: InferredTypes,
  feeds: Readonly<Tensors>,
  answers: ReadonlyMap<string, RuntimeTensor>,
): void {
  const lengths = new Map<string, number>();
  const say = (name: string, problem: string) => actual.wrong.push(`${where} ${name}: ${problem}`);
  for (const value of model.graph.inputs) {
    const tensor = feeds[value.name];
    if (tensor)
      compareShape(lengths, types.shapeOf(value), tensor.shape, (problem) => say(value.name, problem));
  }
  for (const node of model.graph.nodes) {
    for (const value of node.outputs) {
      const tensor = value && answers.get(value.name);
      if (!tensor) continue;
      actual.values++;
      const report = (problem: string) => say(value.name, `${node.op}: ${problem}`);
      const type = types.typeOf(value);
      if (type && (type.kind !== "tensor" || type.dtype !== tensor.type))
        report(`${"dtype" in type ? type.dtype : type.kind} is ${tensor.type}`);
      if (compareShape(lengths, types.shapeOf(value), tensor.dims, report)) actual.shapes++;
      const known = types.knownOf(value);
      if (known) actual.elements += compareElements(lengths, known, tensor, report);
    }
  }
}

/** Whether every length was known. A length that only the run decides is bound where it is first seen. */
function compareShape(
  lengths: Map<string, number>,
  shape: readonly Extent[] | null,
  dims: readonly number[],
  report: (problem: string) => void,
): boolean {
  if (!shape) return false;
  const text = () => `[${shape.map((dim) => formatExtent(dim)).join(", ")}] is [${dims.join(", ")}]`;
  if (shape.length !== dims.length) {
    report(text());
    return false;
  }
  let complete = true;
  for (const [axis, extent] of shape.entries()) {
    const expected = evaluateExtent(extent, lengths);
    const length = dims[axis] as number;
    if (expected === null) {
      const factor = factorOf(extent);
      if (factor?.kind === "symbol") lengths.set(factor.key, length);
      complete = false;
    } else if (expected !== length) {
      report(`${text()}, axis ${axis} would be ${expected}`);
      return false;
    }
  }
  return complete;
}

function compareElements(
  lengths: ReadonlyMap<string, number>,
  known: readonly (Extent | null)[],
  { data, type }: RuntimeTensor,
  report: (problem: string) => void,
): number {
  let compared = 0;
  if (known.length !== data.length) report(`${known.length} elements are ${data.length}`);
  for (const [i, element] of known.entries()) {
    const expected = element === null ? null : evaluateExtent(element, lengths);
    if (expected === null) continue;
    compared++;
    const got = type === "float16" ? fromHalf(Number(data[i])) : Number(data[i]);
    if (got !== expected && !(Number.isNaN(got) && Number.isNaN(expected)))
      report(`element ${i} would be ${expected} and is ${got}`);
  }
  return compared;
}
