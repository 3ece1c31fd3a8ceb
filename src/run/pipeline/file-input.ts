import { basename, extname } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { parseExactly } from "../../base/json-exact.ts";
import { readGiven } from "../../base/node/index.ts";
import type { TensorSpec } from "../../model/tensor/tensor.ts";
import { readNamedTensor, type TaskInput } from "../tasks/index.ts";

/**
 * A file as a person gives it to a model, whatever for: JSON, a .npy with the only tensor that the model takes, or a picture, a
 * sound or a text, which the task reads.
 * @param inputs what a person gives to the model: without states and constants
 * @throws FILE_*, TASK_INPUT_NOT_JSON, TASK_TENSOR_FILE, TASK_TENSOR_*, MODEL_NPY_*
 */
export async function readFileInput(path: string, inputs: readonly TensorSpec[]): Promise<TaskInput> {
  const bytes = await readGiven(path);
  const extension = extname(path).toLowerCase();
  if (extension === ".npy") {
    const [only] = inputs;
    if (!only || inputs.length > 1) {
      const problem = `it can hold one alone, and the model takes ${inputs.length}`;
      throw fail("TASK_TENSOR_FILE", { path, problem });
    }
    return { kind: "tensors", tensors: { [only.name]: readNamedTensor(only, bytes, path) } };
  }
  if (extension !== ".json") return { kind: "bytes", bytes, name: basename(path) };
  try {
    const text = bytes.toString("utf8");
    return { kind: "json", value: JSON.parse(text), exactly: () => parseExactly(text) };
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw fail("TASK_INPUT_NOT_JSON", { path, problem }, { cause });
  }
}
