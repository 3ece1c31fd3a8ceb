import { fail } from "../../../base/errors/index.ts";
import type { Dim, Tensors } from "../../../model/tensor/tensor.ts";
import { DATATYPE_OF, type WireDType } from "../../api/datatypes.ts";
import { MAX_RANK } from "../limits.ts";
import { datatypeName, wireShape } from "./datatype.ts";
import type { InputPlan, Plan } from "./plan.ts";
import { describe, readData } from "./read-data.ts";
import { readParameters } from "./read-parameters.ts";

export interface InputsContext {
  /** Bytes of the body: no tensor in it has more elements than half of them. */
  readonly bytes: number;
  readonly inSequence: boolean;
  /** `data` of the input at an index with all its digits. */
  exactly(index: number): unknown;
}

/** Lengths by the name of a dimension, to hold inputs that share it together. */
type Lengths = Map<string, number>;

/** Where no dimension has a namesake, nothing is kept. */
const NONE: Lengths = new Map();

/**
 * The feeds of a request: every input known, given once, of the model's type and shape, none missing.
 * @throws SERVE_FIELD, SERVE_INPUT_*, SERVE_DATATYPE*, SERVE_SHAPE*, SERVE_ROWS, SERVE_DATA_LENGTH, SERVE_VALUE,
 * SERVE_SEQUENCE_STATE
 */
export function readInputs(
  plan: Plan,
  value: unknown,
  context: InputsContext,
): { feeds: Tensors; givesStates: boolean } {
  if (!Array.isArray(value)) {
    throw fail("SERVE_FIELD", { field: "inputs", wanted: "a list of objects", found: describe(value) });
  }
  // An input may be called `__proto__`, which an ordinary object takes for something else.
  const feeds: Tensors = Object.create(null);
  const lengths: Lengths = plan.shares ? new Map() : NONE;
  let statesGiven = 0;
  for (let index = 0; index < value.length; index++) {
    const item = value[index] as Readonly<Record<string, unknown>> | null;
    const name = typeof item === "object" && item !== null ? item.name : undefined;
    if (item === null || typeof name !== "string") {
      const wanted = 'an object with the text "name"';
      throw fail("SERVE_FIELD", { field: `inputs[${index}]`, wanted, found: describe(item) });
    }
    const input = plan.inputs.get(name);
    if (!input) {
      throw fail("SERVE_INPUT_UNKNOWN", { model: plan.card.id.name, name, known: knownInputs(plan) });
    }
    if (Object.hasOwn(feeds, name)) throw fail("SERVE_INPUT_TWICE", { name });
    if (plan.states.has(name)) {
      if (context.inSequence) throw fail("SERVE_SEQUENCE_STATE", { name });
      statesGiven++;
    }
    if (item.parameters !== undefined) readParameters(item.parameters, `inputs[${index}].parameters`);
    const dtype = readDatatype(input, item.datatype, index);
    const shape = readShape(plan, input, item.shape, index, lengths);
    const elements = shape.reduce((product, dim) => product * dim, 1);
    // Two bytes an element, a digit and a comma, are the least; so nothing is allocated that was not received.
    if (elements > context.bytes) {
      const found = Array.isArray(item.data) ? `${item.data.length}` : describe(item.data);
      throw fail("SERVE_DATA_LENGTH", { name, found, shape: shape.join(", "), wanted: elements });
    }
    const target = { name, dtype, shape, elements, exactly: () => context.exactly(index) };
    feeds[name] = { dtype, shape, data: readData(target, item.data) };
  }
  const givesStates = statesGiven === plan.states.size;
  const states = statesGiven === 0 || givesStates ? [] : [...plan.states];
  const missing = [...plan.required, ...states].filter((name) => !Object.hasOwn(feeds, name));
  if (missing.length > 0) {
    throw fail("SERVE_INPUT_MISSING", {
      model: plan.card.id.name,
      missing: missing.join(", "),
      known: knownInputs(plan),
    });
  }
  return { feeds, givesStates };
}

function knownInputs(plan: Plan): string {
  return [...plan.inputs.keys()].join(", ");
}

function readDatatype(input: InputPlan, value: unknown, index: number): WireDType {
  const { name, dtype } = input.spec;
  if (typeof value !== "string") {
    const field = `inputs[${index}].datatype`;
    throw fail("SERVE_FIELD", { field, wanted: `the text "${datatypeName(dtype)}"`, found: describe(value) });
  }
  if (input.dtype === null) throw fail("SERVE_DATATYPE_NO_JSON", { name, dtype });
  const wanted = DATATYPE_OF[input.dtype];
  if (value !== wanted) throw fail("SERVE_DATATYPE", { name, wanted, found: value });
  return input.dtype;
}

/** Checks a shape against the model's, and the dimensions that inputs share against each other. */
function readShape(
  plan: Plan,
  input: InputPlan,
  value: unknown,
  index: number,
  lengths: Lengths,
): readonly number[] {
  if (!Array.isArray(value) || value.length > MAX_RANK) {
    const field = `inputs[${index}].shape`;
    throw fail("SERVE_FIELD", {
      field,
      wanted: `a list of up to ${MAX_RANK} lengths`,
      found: describe(value),
    });
  }
  const { shape, name } = input.spec;
  for (let at = 0; at < value.length; at++) {
    const length: unknown = value[at];
    // No rows are no question; an empty dimension further in is what a cache of past steps begins with.
    if (!Number.isSafeInteger(length) || (length as number) < (at === 0 ? 1 : 0)) {
      const field = `inputs[${index}].shape[${at}]`;
      const wanted = at === 0 ? "a whole number from 1" : "a whole number from 0";
      throw fail("SERVE_FIELD", { field, wanted, found: describe(length) });
    }
  }
  const found = value as number[];
  if (shape === null) return found;
  const fits =
    found.length === shape.length && found.every((length, at) => fitsDim(length, shape[at] as Dim));
  if (!fits) {
    throw fail("SERVE_SHAPE", { name, found: found.join(", "), wanted: wireShape(shape).join(", ") });
  }
  for (let at = 0; input.shares && at < found.length; at++) {
    shareDim(input, at, found[at] as number, lengths);
  }
  if (
    plan.maxRows > 0 &&
    found.length > 0 &&
    typeof shape[0] !== "number" &&
    (found[0] as number) > plan.maxRows
  ) {
    throw fail("SERVE_ROWS", { model: plan.card.id.name, rows: found[0] as number, limit: plan.maxRows });
  }
  return found;
}

function fitsDim(length: number, dim: Dim): boolean {
  return typeof dim !== "number" || length === dim;
}

/** A name stands for one length in the whole request. */
function shareDim(input: InputPlan, at: number, length: number, lengths: Lengths): void {
  const dim = input.names[at];
  if (dim === null || dim === undefined) return;
  const known = lengths.get(dim);
  if (known === undefined) lengths.set(dim, length);
  else if (known !== length)
    throw fail("SERVE_SHAPE_ROWS", { dim, first: known, second: length, name: input.spec.name });
}
