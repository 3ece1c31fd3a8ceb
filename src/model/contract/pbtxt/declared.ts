import { fail } from "../../../base/errors/index.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { TextMessage, TextValue } from "./parse.ts";

/** A tensor as config.pbtxt tells it. */
export interface DeclaredTensor {
  readonly name: string;
  readonly dtype: DType;
  /** Without the dimension of the rows where `batch` is above 0; -1 is any length. */
  readonly dims: readonly number[];
  readonly line: number;
}

/** What config.pbtxt says of a model that the model says itself. */
export interface Declared {
  /** The file, for messages. */
  readonly where: string;
  readonly name: { readonly text: string; readonly line: number } | null;
  readonly batch: { readonly size: number; readonly line: number };
  /** Empty where the file leaves them to the model. */
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
  /** Names of the inputs and outputs that sequence_batching carries. */
  readonly states: readonly string[];
  /** The line of sequence_batching, which keeps states from one request of a sequence to the next; null without it. */
  readonly sequences: number | null;
}

/** model_config.proto, DataType. */
const TYPES: Readonly<Record<string, DType>> = {
  TYPE_BOOL: "bool",
  TYPE_UINT8: "uint8",
  TYPE_UINT16: "uint16",
  TYPE_UINT32: "uint32",
  TYPE_UINT64: "uint64",
  TYPE_INT8: "int8",
  TYPE_INT16: "int16",
  TYPE_INT32: "int32",
  TYPE_INT64: "int64",
  TYPE_FP16: "float16",
  TYPE_FP32: "float32",
  TYPE_FP64: "float64",
  TYPE_STRING: "string",
  TYPE_BF16: "bfloat16",
};

/** The error of a line that does not describe the model. */
export function misfit(where: string, line: number, problem: string): Error {
  return fail("CONTRACT_PBTXT_MISFIT", { problem }, { where: `${where}:${line}` });
}

/**
 * Reads names, types and shapes, each of which Triton demands of a tensor that is told at all (model_config_utils.cc).
 * @throws CONTRACT_PBTXT_MISFIT
 */
export function readDeclared(config: TextMessage, where: string): Declared {
  const name = config.get("name")?.at(-1);
  const batch = config.get("max_batch_size")?.at(-1);
  const batching = config.get("sequence_batching") ?? [];
  const sequences = batching.flatMap((value) =>
    value.kind === "message" ? (value.value.get("state") ?? []) : [],
  );
  return {
    where,
    name: name && name.kind !== "message" ? { text: String(name.value), line: name.line } : null,
    batch: { size: batch?.kind === "number" ? batch.value : 0, line: batch?.line ?? 1 },
    inputs: readTensors(config, "input", where),
    outputs: readTensors(config, "output", where),
    states: sequences.flatMap((state) => [textOf(state, "input_name"), textOf(state, "output_name")]),
    sequences: batching[0]?.line ?? null,
  };
}

function readTensors(config: TextMessage, section: string, where: string): DeclaredTensor[] {
  const seen = new Set<string>();
  return (config.get(section) ?? []).map((value) => {
    const { line } = value;
    const name = textOf(value, "name");
    if (name === "") throw misfit(where, line, `an ${section} has no name`);
    if (seen.has(name)) throw misfit(where, line, `the ${section} ${name} is told twice`);
    seen.add(name);
    const type = textOf(value, "data_type");
    if (type === "") throw misfit(where, line, `the ${section} ${name} has no data_type`);
    const dtype = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
    if (dtype === undefined) {
      const known = Object.keys(TYPES).join(", ");
      throw misfit(
        where,
        line,
        `the ${section} ${name} has the data_type ${type}, which is none of ${known}`,
      );
    }
    const dims = valuesOf(value, "dims").map((dim) => {
      const fits =
        dim.kind === "number" && Number.isSafeInteger(dim.value) && (dim.value >= 1 || dim.value === -1);
      if (fits) return dim.value;
      throw misfit(
        where,
        dim.line,
        `the ${section} ${name} has a dimension that is no whole number from 1, nor -1`,
      );
    });
    if (dims.length === 0) throw misfit(where, line, `the ${section} ${name} has no dims`);
    return { name, dtype, dims, line };
  });
}

function valuesOf(value: TextValue, field: string): readonly TextValue[] {
  return value.kind === "message" ? (value.value.get(field) ?? []) : [];
}

function textOf(value: TextValue, field: string): string {
  const last = valuesOf(value, field).at(-1);
  return last && last.kind !== "message" ? String(last.value) : "";
}
