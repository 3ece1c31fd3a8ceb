import { fail } from "../../../base/errors/index.ts";
import { parseExactly } from "../../../base/json-exact.ts";
import { decodeText, parseJson } from "./json-text.ts";
import { describe } from "./read-data.ts";
import { type Fields, isObject } from "./read-request.ts";

/** The codec's dialect for bodies of a task's route. */
export const TASK_DIALECT = "task";

interface TaskJson {
  readonly inputs: unknown;
  readonly parameters: Fields;
  /** The inputs once more, with every digit of their whole numbers. */
  exactly(): unknown;
}

const NO_PARAMETERS: Fields = {};

/**
 * The JSON of a request to a task, in the shape of Hugging Face's inference API.
 * @throws SERVE_BODY_TEXT, SERVE_JSON*, SERVE_FIELD
 */
export function readTaskJson(bytes: Buffer): TaskJson {
  const text = decodeText(bytes);
  const body = parseJson(text, bytes);
  if (!isObject(body)) {
    const wanted = "an object with the key inputs";
    throw fail("SERVE_FIELD", { field: "The body", wanted, found: describe(body) });
  }
  const { inputs, parameters } = body;
  if (inputs === undefined || inputs === null) {
    throw fail("SERVE_FIELD", {
      field: "inputs",
      wanted: "what the model is asked about",
      found: describe(inputs),
    });
  }
  if (parameters !== undefined && !isObject(parameters)) {
    throw fail("SERVE_FIELD", { field: "parameters", wanted: "an object", found: describe(parameters) });
  }
  const exactly = () => (parseExactly(text) as Fields).inputs;
  return { inputs, parameters: parameters ?? NO_PARAMETERS, exactly };
}
