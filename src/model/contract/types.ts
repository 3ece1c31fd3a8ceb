import type { DType } from "../tensor/dtype.ts";
import type { Signature, TensorSpec } from "../tensor/tensor.ts";
import type { Contract } from "./contract.ts";
import { describe } from "./describe.ts";

export interface TypesOptions {
  readonly signature: Signature;
  readonly contract: Contract;
  /** JSON Schema of the task's answer. */
  readonly answer: Readonly<Record<string, unknown>>;
}

/**
 * TypeScript declarations for exactly this model: the named tensors that go in and come out, what its task takes and
 * answers.
 */
export function generateTypes(name: string, { signature, contract, answer }: TypesOptions): string {
  const type = pascal(name);
  const { sentence } = describe(signature, contract);
  const states = Object.values(contract.states);
  const held = new Set([
    ...states.map(({ input }) => input),
    ...Object.values(contract.constants).map(({ tensor }) => tensor),
  ]);
  const inputs = signature.inputs.filter((spec) => !held.has(spec.name));
  const stateOutputs = new Set(states.map(({ output }) => output));
  // What is no tensor never comes: the runtime's binding cannot read it.
  const outputs = signature.outputs.filter(({ name, type }) => !stateOutputs.has(name) && type === undefined);
  return [
    `// The model ${oneLine(name)}: ${oneLine(sentence)}.`,
    "",
    `/** What ${oneLine(name)} takes, tensor by tensor. */`,
    `export interface ${type}Inputs {`,
    ...inputs.map(tensorMember),
    "}",
    "",
    `/** What ${oneLine(name)} returns, tensor by tensor. */`,
    `export interface ${type}Outputs {`,
    ...outputs.map(tensorMember),
    "}",
    "",
    `/** What the task${contract.task === null ? "" : ` ${contract.task}`} answers. */`,
    `export type ${type}Answer = ${schemaType(answer, 0)};`,
    "",
  ].join("\n");
}

function tensorMember(spec: TensorSpec): string {
  const shape = spec.shape?.map((dim) =>
    typeof dim === "number" ? "number" : `number /* ${comment(dim ?? "any")} */`,
  );
  const dims = spec.shape?.map((dim) => dim ?? "?").join(" × ");
  const said = spec.shape === null ? "any shape" : dims === "" ? "one value" : String(dims);
  const shapeType = shape ? `readonly [${shape.join(", ")}]` : "readonly number[]";
  return [
    `  /** ${spec.dtype}, ${comment(said)}. */`,
    `  readonly ${JSON.stringify(spec.name)}: { readonly dtype: ${JSON.stringify(spec.dtype)}; readonly shape: ${shapeType}; readonly data: ${dataType(spec.dtype)} };`,
  ].join("\n");
}

const ARRAY_TYPES: Readonly<Partial<Record<DType, string>>> = {
  float32: "Float32Array",
  float64: "Float64Array",
  float16: "Uint16Array",
  bfloat16: "Uint16Array",
  int8: "Int8Array",
  int16: "Int16Array",
  uint16: "Uint16Array",
  int32: "Int32Array",
  uint32: "Uint32Array",
  int64: "BigInt64Array",
  uint64: "BigUint64Array",
  string: "string[]",
  complex64: "Float32Array",
  complex128: "Float64Array",
};

function dataType(dtype: DType): string {
  return ARRAY_TYPES[dtype] ?? "Uint8Array";
}

/** A JSON Schema as a type: what the tasks' answers use of it; anything else is unknown. */
export function schemaType(schema: unknown, depth: number): string {
  if (typeof schema !== "object" || schema === null || depth > 16) return "unknown";
  const {
    type,
    properties,
    items,
    required,
    enum: values,
    anyOf,
    oneOf,
    additionalProperties,
  } = schema as Record<string, unknown>;
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ") || "never";
  const options = anyOf ?? oneOf;
  if (Array.isArray(options)) return options.map((each) => schemaType(each, depth + 1)).join(" | ");
  if (Array.isArray(type))
    return type.map((each) => schemaType({ ...schema, type: each }, depth + 1)).join(" | ");
  if (type === "array") return `ReadonlyArray<${schemaType(items, depth + 1)}>`;
  if (type === "number" || type === "integer") return "number";
  if (type === "string" || type === "boolean" || type === "null") return type;
  if (type !== "object") return "unknown";
  if (typeof properties !== "object" || properties === null) {
    return `Readonly<Record<string, ${schemaType(additionalProperties, depth + 1)}>>`;
  }
  const needed = Array.isArray(required) ? required : [];
  const members = Object.entries(properties).map(
    ([key, value]) =>
      `readonly ${JSON.stringify(key)}${needed.includes(key) ? "" : "?"}: ${schemaType(value, depth + 1)}`,
  );
  return `{ ${members.join("; ")} }`;
}

/** "read-text" becomes ReadText; what begins with a digit gets a letter before it. */
export function pascal(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const joined = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("");
  return /^\p{L}/u.test(joined) ? joined : `Model${joined}`;
}

/** Names come from files: none may end a comment or begin a line of its own. */
export function comment(text: string): string {
  return oneLine(text).replaceAll("*/", "*∕");
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").replaceAll("*/", "*∕");
}
