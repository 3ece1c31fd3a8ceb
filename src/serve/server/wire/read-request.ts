import { fail } from "../../../base/errors/index.ts";
import { parseExactly } from "../../../base/json-exact.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import { MAX_ID } from "../limits.ts";
import { decodeText, parseJson } from "./json-text.ts";
import type { Plan } from "./plan.ts";
import { describe } from "./read-data.ts";
import { readInputs } from "./read-inputs.ts";
import { type Parameters, readParameters } from "./read-parameters.ts";

/** The part of a request of the Open Inference Protocol that can be read without knowing the model. */
export interface Envelope {
  readonly id: string | undefined;
  readonly parameters: Parameters;
  readonly body: Fields;
  readonly text: string;
  readonly byteLength: number;
}

/** What is asked of the model, checked against it and typed. */
export interface Question {
  readonly feeds: Tensors;
  /** Names of the outputs to answer, in order. */
  readonly outputs: readonly string[];
  /** Whether the model's states came with the request; then it is a plain call. */
  readonly givesStates: boolean;
}

/** A JSON object whose fields nobody has looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the body of an infer request. The checks are written by hand, not generated from the schemas in api/, because
 * this is the hot path: one walk over the parsed JSON fills the typed arrays and finds every mistake.
 *
 * @throws SERVE_BODY_EMPTY, SERVE_BODY_TEXT, SERVE_JSON*, SERVE_FIELD, SERVE_EXTENSION
 */
export function readEnvelope(bytes: Buffer): Envelope {
  if (bytes.length === 0) throw fail("SERVE_BODY_EMPTY", { wanted: "Send JSON with the key inputs." });
  const text = decodeText(bytes);
  const body = parseJson(text, bytes);
  if (!isObject(body))
    throw fail("SERVE_FIELD", { field: "The body", wanted: "an object", found: describe(body) });
  const { id } = body;
  if (id !== undefined && !(typeof id === "string" && id.length <= MAX_ID)) {
    throw fail("SERVE_FIELD", {
      field: "id",
      wanted: `text of up to ${MAX_ID} characters`,
      found: describe(id),
    });
  }
  const parameters = readParameters(body.parameters, "parameters", () => exactSequenceId(text));
  return { id, parameters, body, text, byteLength: bytes.length };
}

/**
 * Reads inputs and outputs as the model wants them.
 * @throws SERVE_FIELD, SERVE_EXTENSION, SERVE_INPUT_*, SERVE_OUTPUT_*, SERVE_DATATYPE*, SERVE_SHAPE*, SERVE_ROWS,
 * SERVE_DATA_LENGTH, SERVE_VALUE, SERVE_SEQUENCE_STATE
 */
export function readQuestion(plan: Plan, envelope: Envelope): Question {
  const { body, text } = envelope;
  const { feeds, givesStates } = readInputs(plan, body.inputs, {
    bytes: envelope.byteLength,
    inSequence: envelope.parameters.sequence !== null,
    exactly: (index) => (parseExactly(text) as { inputs: { data: unknown }[] }).inputs[index]?.data,
  });
  return { feeds, outputs: readOutputs(plan, body.outputs, givesStates), givesStates };
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function exactSequenceId(text: string): unknown {
  return (parseExactly(text) as { parameters: { sequence_id: unknown } }).parameters.sequence_id;
}

function readOutputs(plan: Plan, value: unknown, givesStates: boolean): readonly string[] {
  // Where the server threads the states, they stay with it.
  const all = givesStates ? plan.allOutputs : plan.plainOutputs;
  if (value === undefined) return all;
  if (!Array.isArray(value)) {
    throw fail("SERVE_FIELD", { field: "outputs", wanted: "a list of objects", found: describe(value) });
  }
  const names: string[] = [];
  for (const [index, item] of value.entries()) {
    const name = isObject(item) ? item.name : undefined;
    if (!isObject(item) || typeof name !== "string") {
      throw fail("SERVE_FIELD", {
        field: `outputs[${index}]`,
        wanted: 'an object with the text "name"',
        found: describe(item),
      });
    }
    if (!all.includes(name)) {
      throw fail("SERVE_OUTPUT_UNKNOWN", { model: plan.card.id.name, name, known: all.join(", ") });
    }
    if (names.includes(name)) throw fail("SERVE_OUTPUT_TWICE", { name });
    readParameters(item.parameters, `outputs[${index}].parameters`);
    names.push(name);
  }
  return names.length === 0 ? all : names;
}
