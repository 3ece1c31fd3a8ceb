import { fail } from "../../../base/errors/index.ts";
import { MAX_ID } from "../limits.ts";
import { describe } from "./read-data.ts";

/** What the server heeds of a request's `parameters`; others are allowed and ignored, as by Triton. */
export interface Parameters {
  readonly sequence: SequenceParameters | null;
  /**
   * Microseconds in which the request must be completed (Triton's schedule policy extension: "If the request cannot be completed
   * within the time Triton will take a model-specific action such as terminating the request").
   */
  readonly timeoutUs: number | undefined;
}

export interface SequenceParameters {
  /** Tells 5 from "5": the protocol has both kinds of id. */
  readonly key: string;
  /** As the client wrote it, for messages. */
  readonly id: string;
  readonly start: boolean;
  readonly end: boolean;
}

const NONE: Parameters = { sequence: null, timeoutUs: undefined };

/** Names by which a client asks for what only exists in binary or in shared memory. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  binary_data: "binary tensors",
  binary_data_output: "binary tensors",
  binary_data_size: "binary tensors",
  classification: "the classification extension",
  shared_memory_region: "shared memory",
};

/**
 * @param field for messages: "parameters", "inputs[0].parameters"
 * @param exactly reads sequence_id with all its digits
 * @throws SERVE_FIELD, SERVE_EXTENSION
 */
export function readParameters(value: unknown, field: string, exactly?: () => unknown): Parameters {
  if (value === undefined) return NONE;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw fail("SERVE_FIELD", { field, wanted: "an object", found: describe(value) });
  }
  const given = value as Readonly<Record<string, unknown>>;
  for (const [name, item] of Object.entries(given)) {
    const place = `${field}.${name}`;
    if (typeof item === "object") {
      throw fail("SERVE_FIELD", {
        field: place,
        wanted: "text, a number, true or false",
        found: describe(item),
      });
    }
    // `binary_data: false` says what is done anyway.
    if (Object.hasOwn(EXTENSIONS, name) && item !== false) {
      throw fail("SERVE_EXTENSION", { field: place, feature: EXTENSIONS[name] as string });
    }
  }
  const timeoutUs = given.timeout;
  if (timeoutUs !== undefined && !(typeof timeoutUs === "number" && timeoutUs >= 0)) {
    throw fail("SERVE_FIELD", {
      field: `${field}.timeout`,
      wanted: "microseconds",
      found: describe(timeoutUs),
    });
  }
  return { sequence: readSequence(given, field, exactly), timeoutUs: timeoutUs || undefined };
}

function readSequence(
  given: Readonly<Record<string, unknown>>,
  field: string,
  exactly: (() => unknown) | undefined,
): SequenceParameters | null {
  const start = readFlag(given.sequence_start, `${field}.sequence_start`);
  const end = readFlag(given.sequence_end, `${field}.sequence_end`);
  let id = given.sequence_id;
  // Two ids that differ only in digits a double cannot hold must not become one stream.
  if (typeof id === "number" && Number.isInteger(id) && !Number.isSafeInteger(id)) id = exactly?.();
  const wanted = `a whole number from 1 to 18446744073709551615, or text of up to ${MAX_ID} characters`;
  // As in Triton, 0 and "" are no sequence.
  if (id === undefined || id === 0 || id === "") {
    if (!start && !end) return null;
    throw fail("SERVE_FIELD", { field: `${field}.sequence_id`, wanted, found: describe(id) });
  }
  const fits =
    (typeof id === "number" && Number.isSafeInteger(id) && id > 0) ||
    (typeof id === "bigint" && BigInt.asUintN(64, id) === id) ||
    (typeof id === "string" && id.length <= MAX_ID);
  if (!fits) throw fail("SERVE_FIELD", { field: `${field}.sequence_id`, wanted, found: describe(id) });
  return { key: `${typeof id === "string" ? "text" : "number"} ${id}`, id: String(id), start, end };
}

function readFlag(value: unknown, field: string): boolean {
  if (value !== undefined && typeof value !== "boolean") {
    throw fail("SERVE_FIELD", { field, wanted: "true or false", found: describe(value) });
  }
  return value === true;
}
