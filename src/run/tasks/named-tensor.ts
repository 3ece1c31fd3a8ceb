import { fail } from "../../base/errors/index.ts";
import { parseExactly } from "../../base/json-exact.ts";
import type { Tensor, TensorSpec } from "../../model/tensor/index.ts";
import { isNpy, readNpy } from "../../model/wire/index.ts";
import { tensorFromNested } from "./tensors/nested.ts";
import { tensorsFromJson } from "./tensors/read.ts";
import { jsonValues } from "./tensors/values.ts";

/**
 * A tensor from the bytes of a .npy or .json file, as the type that the model's input has. Numbers of another type are
 * taken where each of them fits.
 * @param path for messages
 * @throws TASK_TENSOR_FILE, TASK_TENSOR_*, MODEL_NPY_*
 */
export function readNamedTensor(spec: TensorSpec, bytes: Uint8Array, path: string): Tensor {
  if (isNpy(bytes)) {
    const tensor = readNpy(bytes, path);
    if (tensor.dtype === spec.dtype) return tensor;
    return tensorFromNested(spec.name, spec.dtype, jsonValues(tensor), tensor.shape);
  }
  const signature = { inputs: [spec], outputs: [] };
  const text = decode(bytes, path);
  const tensors = tensorsFromJson(parse(text, path), signature, signature, () => parseExactly(text));
  const tensor = Object.hasOwn(tensors, spec.name) ? tensors[spec.name] : undefined;
  if (!tensor) throw fail("TASK_TENSOR_FILE", { path, problem: `it has no value for ${spec.name}` });
  return tensor;
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw noTensor(path, cause);
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw noTensor(path, cause);
  }
}

function noTensor(path: string, cause: unknown): Error {
  return fail("TASK_TENSOR_FILE", { path, problem: "it is neither .npy nor JSON" }, { cause });
}
