import { fail, isModelyardError } from "../../../base/errors/index.ts";
import {
  DTYPES,
  type DType,
  type Signature,
  type Tensor,
  type TensorSpec,
  type Tensors,
} from "../../../model/tensor/index.ts";
import { brief, describeValue } from "../inputs.ts";
import { tensorFromNested } from "./nested.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The Open Inference Protocol's names of types. */
const DATATYPES: Readonly<Record<string, DType>> = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP16: "float16",
  FP32: "float32",
  FP64: "float64",
  BF16: "bfloat16",
  BYTES: "string",
};

/**
 * Named tensors from JSON, in any of the forms that people write:
 * `{"x": [[1, 2]]}`, `{"x": {"dtype", "shape", "data"}}`, `[{"name": "x", "shape", "datatype", "data"}]`, each also under
 * the key `inputs`; and the bare lists, for a model that asks for one input.
 * @param asked of the signature, what must be given
 * @param exactly see TaskInput: asked for where a whole number does not fit as JSON.parse has it
 * @throws TASK_TENSORS, TASK_TENSOR_*, MODEL_NUMBER_MISFIT
 */
export function tensorsFromJson(
  value: unknown,
  signature: Signature,
  asked = signature,
  exactly?: () => unknown,
): Tensors {
  try {
    return readTensors(value, signature, asked);
  } catch (error) {
    if (!exactly || !isModelyardError(error) || error.code !== "TASK_TENSOR_VALUE") throw error;
    return readTensors(orElse(exactly, error), signature, asked);
  }
}

/** What is nested too deep to be read again is refused for what was wrong the first time. */
function orElse(exactly: () => unknown, refusal: Error): unknown {
  try {
    return exactly();
  } catch (error) {
    throw error instanceof RangeError ? refusal : error;
  }
}

function readTensors(value: unknown, signature: Signature, asked: Signature): Tensors {
  const body = withoutInputs(value, signature);
  const refuse = (problem: string) => fail("TASK_TENSORS", { problem, expected: expectedOf(asked) });
  if (isProtocolList(body)) return fromProtocol(body, signature, refuse);
  if (isFields(body)) {
    // Entries, since an assignment to `__proto__` would be lost.
    return Object.fromEntries(
      Object.entries(body).map(([name, given]) => {
        const spec = specOf(name, signature, refuse);
        const tensor = isFields(given)
          ? fromFields(spec, given, refuse)
          : tensorFromNested(name, spec.dtype, given);
        return [name, tensor];
      }),
    );
  }
  const [only] = asked.inputs;
  if (!only || asked.inputs.length > 1) throw refuse(`it is ${describeValue(body)}, without names`);
  return Object.fromEntries([[only.name, tensorFromNested(only.name, only.dtype, body)]]);
}

/** "x: float32 [1, 784], n: int64 []" */
export function expectedOf(signature: Signature): string {
  return signature.inputs
    .map(
      ({ name, dtype, shape }) =>
        `${name}: ${dtype} [${(shape ?? ["…"]).map((dim) => dim ?? "?").join(", ")}]`,
    )
    .join("; ");
}

/** The Open Inference Protocol's list of tensors. */
export function isProtocolList(body: unknown): body is Fields[] {
  return (
    Array.isArray(body) &&
    body.length > 0 &&
    body.every((item) => isFields(item) && typeof item.name === "string")
  );
}

/** What stands under the key `inputs`, unless the model has an input of that name. */
export function withoutInputs(value: unknown, signature: Signature): unknown {
  const wraps = isFields(value) && Object.hasOwn(value, "inputs");
  return wraps && !signature.inputs.some(({ name }) => name === "inputs") ? value.inputs : value;
}

function fromProtocol(
  items: readonly Fields[],
  signature: Signature,
  refuse: (problem: string) => Error,
): Tensors {
  const tensors = new Map<string, Tensor>();
  for (const item of items) {
    const name = String(item.name);
    if (tensors.has(name)) throw refuse(`${name} is given twice`);
    tensors.set(name, fromFields(specOf(name, signature, refuse), item, refuse));
  }
  return Object.fromEntries(tensors);
}

function fromFields(spec: TensorSpec, fields: Fields, refuse: (problem: string) => Error) {
  const { name, dtype } = spec;
  const { shape, data } = fields;
  const said = fields.datatype ?? fields.dtype;
  if (data === undefined) throw refuse(`${name} has no data`);
  if (said !== undefined) {
    const known =
      typeof said === "string" ? (DATATYPES[said] ?? (Object.hasOwn(DTYPES, said) ? said : null)) : null;
    if (known !== dtype) throw refuse(`${name} is given as ${describeValue(said)} and must be ${dtype}`);
  }
  if (shape === undefined) return tensorFromNested(name, dtype, data);
  const isShape = Array.isArray(shape) && shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
  if (!isShape) throw refuse(`the shape of ${name} is ${describeValue(shape)}`);
  return tensorFromNested(name, dtype, data, shape as number[]);
}

function specOf(name: string, signature: Signature, refuse: (problem: string) => Error): TensorSpec {
  const spec = signature.inputs.find((input) => input.name === name);
  if (!spec) throw refuse(`there is no input ${JSON.stringify(brief(name))}`);
  return spec;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
