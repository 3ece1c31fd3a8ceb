import { fail } from "../../base/errors/index.ts";
import type { Contract, InputContract, OutputContract } from "../../model/contract/contract.ts";
import type { Task, TaskContext, TaskInput, TaskSession } from "./task.ts";

/** The session of models of one graph. */
export function mainSession(context: TaskContext): TaskSession {
  const { main } = context.sessions;
  if (!main) throw fail("INTERNAL", { problem: "a task was started without its model" });
  return main;
}

/** The contract's first input of a kind, with its name. */
export function inputOf<K extends InputContract["kind"]>(
  contract: Contract,
  kind: K,
): Extract<InputContract, { kind: K }> | null {
  const found = Object.values(contract.inputs).find((input) => input.kind === kind);
  return (found as Extract<InputContract, { kind: K }> | undefined) ?? null;
}

/** The contract's first output of a kind, and its name, under which its labels are found. */
export function outputOf<K extends OutputContract["kind"]>(
  contract: Contract,
  kind: K,
): { readonly name: string; readonly output: Extract<OutputContract, { kind: K }> } | null {
  const found = Object.entries(contract.outputs).find(([, output]) => output.kind === kind);
  return found ? { name: found[0], output: found[1] as Extract<OutputContract, { kind: K }> } : null;
}

const DATA_URL = /^data:[\w/+.-]*(?:;[\w=-]+)*,/;
/** Looked for rather than matched as a whole: a pattern that backtracks takes quadratic time on hostile text. */
const NOT_BASE64 = /[^A-Za-z0-9+/_\s-]/;

/**
 * A file inside JSON or text: base64, or a data: URL.
 * @throws TASK_BASE64
 */
export function fileFromText(text: string): Uint8Array {
  const prefix = DATA_URL.exec(text)?.[0] ?? "";
  const encoded = text
    .slice(prefix.length)
    .trimEnd()
    .replace(/={1,2}$/, "");
  // Buffer skips what is not base64 without a word.
  if (encoded === "" || NOT_BASE64.test(encoded)) throw fail("TASK_BASE64", {});
  return Buffer.from(encoded, "base64");
}

/**
 * Takes off what JSON wraps around the one value that a task asks for: `{"inputs": …}` and the contract's own name of
 * the input or its tensor.
 */
export function unwrap(value: unknown, names: readonly string[]): unknown {
  let inner = value;
  for (const key of ["inputs", ...names]) {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    if (Object.keys(inner).includes(key)) inner = (inner as Record<string, unknown>)[key];
  }
  return inner;
}

/** Words for what somebody gave, for a message. */
export function describeInput(input: TaskInput): string {
  if (input.kind === "bytes") return input.mediaType ?? "a file";
  if (input.kind === "text") return "text";
  if (input.kind === "tensors") return "tensors";
  if (input.kind === "pixels") return "a picture";
  return describeValue(input.value);
}

/** Words for any value that JSON can hold; short, however long the value is. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") {
    const keys = Object.keys(value).slice(0, 8).map(brief).join(", ");
    return `an object with the keys ${keys || "(none)"}`;
  }
  if (typeof value === "string") return `the text ${JSON.stringify(brief(value))}`;
  return String(value);
}

/** A text for a message: its beginning, where it is long. */
export function brief(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** An option that a task does not have would be ignored, and the answer be another than was asked for. @throws TASK_OPTION_UNKNOWN */
export function checkOptions(
  { id, options }: Pick<Task, "id" | "options">,
  given: Readonly<Record<string, unknown>>,
): void {
  const option = Object.keys(given).find((name) => !options.includes(name));
  if (option === undefined) return;
  const known = options.length === 0 ? "It has none." : `Its options are: ${options.join(", ")}.`;
  throw fail("TASK_OPTION_UNKNOWN", { task: id, option: brief(option), known });
}

/** A whole number among the options, under any of its names. */
export function countOption(
  options: Readonly<Record<string, unknown>>,
  names: readonly string[],
  fallback: number,
): number {
  for (const option of names) {
    const given = options[option];
    if (given === undefined || given === null) continue;
    if (Number.isSafeInteger(given) && (given as number) >= 1) return given as number;
    throw fail("TASK_OPTION", { option, given: describeValue(given), wanted: "a whole number from 1" });
  }
  return fallback;
}

export function flagOption(options: Readonly<Record<string, unknown>>, option: string): boolean {
  const given = options[option] ?? false;
  if (typeof given === "boolean") return given;
  throw fail("TASK_OPTION", { option, given: describeValue(given), wanted: "true or false" });
}

/** A number among the options, in a range. */
export function numberOption(
  options: Readonly<Record<string, unknown>>,
  option: string,
  fallback: number,
  least: number,
  most: number,
): number {
  const given = options[option] ?? fallback;
  if (typeof given === "number" && given >= least && given <= most) return given;
  throw fail("TASK_OPTION", {
    option,
    given: describeValue(given),
    wanted: `a number from ${least} to ${most}`,
  });
}
