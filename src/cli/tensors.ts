import { fail } from "../base/errors/index.ts";
import { readGiven } from "../base/node/index.ts";
import type { Tensor, TensorSpec, Tensors } from "../model/tensor/tensor.ts";
import { readNamedTensor } from "../run/tasks/named-tensor.ts";

/**
 * Tensors from the files of `--input name=file`.
 * @throws RUN_COMMAND_NO_SUCH_INPUT, FILE_*, TASK_TENSOR_*, MODEL_NPY_*
 */
export async function readTensors(pairs: readonly string[], inputs: readonly TensorSpec[]): Promise<Tensors> {
  const tensors = new Map<string, Tensor>();
  for (const pair of pairs) {
    // A name may hold "=" itself: the longest input name that fits wins.
    const spec = inputs
      .filter((input) => pair.startsWith(`${input.name}=`))
      .sort((a, b) => b.name.length - a.name.length)[0];
    if (!spec) {
      const known = inputs.map((input) => input.name).join(", ");
      throw fail("RUN_COMMAND_NO_SUCH_INPUT", { pair, known });
    }
    const path = pair.slice(spec.name.length + 1);
    tensors.set(spec.name, readNamedTensor(spec, await readGiven(path), path));
  }
  return Object.fromEntries(tensors);
}
