import { fail } from "../../base/errors/index.ts";
import type { AudioInput, Contract, ImageInput, InputContract } from "../../model/contract/contract.ts";
import type { Signature, Tensor, TensorSpec } from "../../model/tensor/index.ts";
import type { Pixels } from "../media/image/index.ts";
import { describeValue, fileFromText, unwrap } from "./inputs.ts";
import type { TaskInput } from "./task.ts";
import { askedOf } from "./tensors/frames.ts";
import { tensorFromNested } from "./tensors/nested.ts";
import { tensorsFromJson } from "./tensors/read.ts";

/** What JSON was for, of a model's card: plain data, so that it can be read in another thread. */
export interface JsonFor {
  readonly accepts: string;
  readonly signature: Signature;
  readonly contract: Pick<Contract, "inputs" | "states" | "constants">;
}

/**
 * What a task makes of JSON first: lists of numbers as typed arrays, base64 as a file, a text. Of what it cannot use, which may be of any
 * size, there is left what it says of it.
 * @throws TASK_BASE64, TASK_TENSORS, TASK_TENSOR_*, MEDIA_PICTURE_NUMBERS, MEDIA_SOUND_EMPTY, MODEL_NUMBER_MISFIT, as the task does
 */
export function inputOfJson(inputs: unknown, exactly: () => unknown, of: JsonFor): TaskInput {
  const { accepts, signature, contract } = of;
  if (accepts === "tensors") {
    const asked = askedOf(contract, signature);
    return { kind: "tensors", tensors: tensorsFromJson(inputs, signature, asked, exactly) };
  }
  const input = Object.values(contract.inputs).find(({ kind }) => kind === accepts);
  const tensor = input && "tensor" in input ? [input.tensor] : [];
  const value = unwrap(inputs, [...Object.keys(contract.inputs), ...tensor]);
  if (typeof value === "string")
    return accepts === "text" ? { kind: "text", text: value } : { kind: "bytes", bytes: fileFromText(value) };
  return (Array.isArray(value) && fromLists(value, input, signature)) || { kind: "json", value: husk(value) };
}

function fromLists(
  value: readonly unknown[],
  input: InputContract | undefined,
  { inputs }: Signature,
): TaskInput | null {
  if (input?.kind === "audio") {
    const samples = soundOfLists(value, input);
    const tensor: Tensor = { dtype: "float32", shape: [samples.length], data: samples };
    return { kind: "tensors", tensors: { [input.tensor]: tensor } };
  }
  const spec = inputs.find(({ name }) => input?.kind === "image" && name === input.tensor);
  if (!spec || input?.kind !== "image") return null;
  const given = pictureOfLists(value, input, spec);
  return "pixels" in given
    ? { kind: "pixels", pixels: given.pixels }
    : { kind: "tensors", tensors: { [input.tensor]: given.tensor } };
}

/** As long a list, or an object with the same keys: all that a task says of a value that it has no use for. */
function husk(value: unknown): unknown {
  if (Array.isArray(value)) return new Array(value.length);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).map((key) => [key, null]));
}

/**
 * Pixels of 0..255 as lists, [height][width] or [height][width][channels]; or the model's own tensor, as lists of its rank.
 * @throws TASK_TENSOR_*, MEDIA_PICTURE_NUMBERS
 */
export function pictureOfLists(
  value: readonly unknown[],
  input: ImageInput,
  spec: TensorSpec,
): { readonly pixels: Pixels } | { readonly tensor: Tensor } {
  const { data, shape } = tensorFromNested(input.tensor, "float64", value);
  const planes = input.layout === "CHW";
  if (
    shape.length === 4 ||
    (planes && shape.length === 3) ||
    (input.layout === "NHW" && shape.length === 3)
  ) {
    return { tensor: tensorFromNested(input.tensor, spec.dtype, value) };
  }
  const [height = 0, width = 0, channels = 1] = shape;
  const refuse = (problem: string) => fail("MEDIA_PICTURE_NUMBERS", { problem });
  if (shape.length < 2 || shape.length > 3)
    throw refuse(`they are ${describeValue(value)} of ${shape.length} dimensions`);
  if (height === 0 || width === 0 || (channels !== 1 && channels !== 3 && channels !== 4)) {
    throw refuse(`their shape is [${shape.join(", ")}]`);
  }
  const numbers = data as Float64Array;
  const wrong = numbers.find((number) => !(number >= 0 && number <= 255));
  if (wrong !== undefined) throw refuse(`${wrong} is not from 0 to 255`);
  return { pixels: { width, height, channels, data: Uint8Array.from(numbers, Math.round) } };
}

/** Samples as a list, of which all dimensions but one are 1. @throws TASK_TENSOR_*, MEDIA_SOUND_EMPTY */
export function soundOfLists(value: readonly unknown[], { tensor }: AudioInput): Float32Array {
  const { data, shape } = tensorFromNested(tensor, "float32", value);
  const samples = data as Float32Array;
  if (shape.filter((length) => length !== 1).length > 1) {
    throw fail("TASK_TENSOR_SHAPE", { name: tensor, count: samples.length, shape: "samples" });
  }
  if (samples.length === 0) throw fail("MEDIA_SOUND_EMPTY", {});
  return samples;
}
