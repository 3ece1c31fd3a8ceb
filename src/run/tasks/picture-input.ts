import { fail } from "../../base/errors/index.ts";
import type { ImageInput } from "../../model/contract/contract.ts";
import type { Tensor, TensorSpec } from "../../model/tensor/index.ts";
import {
  decodePicture,
  decodePixels,
  fitPixels,
  type Picture,
  type Pixels,
  pictureTensor,
} from "../media/image/index.ts";
import { describeInput, fileFromText, mainSession, unwrap } from "./inputs.ts";
import { pictureOfLists } from "./lists.ts";
import type { TaskContext, TaskInput } from "./task.ts";

/** What a picture may be sent as. */
export const PICTURE_TYPES = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/tiff",
  "image/avif",
  "application/json",
] as const;

/** A picture, or a tensor that is ready to be fed as it is. */
export type PictureOrTensor = { readonly picture: Picture } | { readonly tensor: Tensor };

/**
 * Reads what somebody gave to a task that takes a picture: a file; a file in base64; pixels of 0..255 as nested lists,
 * [height][width] or [height][width][channels]; or the model's own tensor, as named tensors or as nested lists of its
 * rank.
 * @throws TASK_INPUT_KIND, TASK_BASE64, TASK_TENSOR_*, MEDIA_PICTURE_*
 */
export async function readPictureInput(
  given: TaskInput,
  input: ImageInput,
  spec: TensorSpec,
  names: readonly string[],
): Promise<PictureOrTensor> {
  if (given.kind === "bytes") return { picture: await decodePicture(given.bytes, input) };
  if (given.kind === "text") return { picture: await decodePicture(fileFromText(given.text), input) };
  if (given.kind === "pixels") return { picture: await fitPixels(given.pixels, input) };
  if (given.kind === "tensors") {
    const tensor = given.tensors[input.tensor];
    if (tensor) return { tensor };
  } else {
    const value = unwrap(given.value, [...names, input.tensor]);
    if (typeof value === "string") return { picture: await decodePicture(fileFromText(value), input) };
    if (Array.isArray(value)) {
      const listed = pictureOfLists(value, input, spec);
      return "tensor" in listed ? listed : { picture: await fitPixels(listed.pixels, input) };
    }
  }
  throw fail("TASK_INPUT_KIND", {
    task: "The task",
    wanted: "a picture: a JPEG, PNG, WebP, GIF or TIFF file, its base64, or rows of pixels from 0 to 255",
    given: describeInput(given),
  });
}

/**
 * The tensor of what somebody gave to a task, and the picture that it was made of; null where they gave the tensor itself.
 * @throws as readPictureInput, and MEDIA_PICTURE_TENSOR
 */
export async function feedPicture(
  context: TaskContext,
  given: TaskInput,
  input: ImageInput,
): Promise<{ readonly tensor: Tensor; readonly picture: Picture | null }> {
  const spec = mainSession(context).signature.inputs.find(({ name }) => name === input.tensor);
  if (!spec) {
    const problem = `the model has no input ${input.tensor}`;
    throw fail("MEDIA_PICTURE_TENSOR", { tensor: input.tensor, problem });
  }
  const read = await readPictureInput(given, input, spec, Object.keys(context.contract.inputs));
  if ("tensor" in read) return { tensor: read.tensor, picture: null };
  return { tensor: pictureTensor(read.picture, input, spec.dtype), picture: read.picture };
}

/** Pixels of a picture's file, or of its base64. @throws TASK_BASE64, MEDIA_PICTURE_* */
export async function readPixels(file: Uint8Array | string): Promise<Pixels> {
  const bytes = typeof file === "string" ? fileFromText(file) : file;
  return decodePixels(bytes);
}

/** The file of the picture that an answer is drawn onto. @throws TASK_INPUT_KIND where none was given */
export function pictureToDrawOn(given: TaskInput): Uint8Array {
  const file = pictureFile(given);
  if (file) return file;
  const wanted = "a picture file to draw on";
  throw fail("TASK_INPUT_KIND", { task: "Drawing", wanted, given: describeInput(given) });
}

/** The file of a picture that was given as bytes or as base64; null where it was given otherwise. */
function pictureFile(given: TaskInput): Uint8Array | null {
  if (given.kind === "bytes") return given.bytes;
  if (given.kind === "text") return fileFromText(given.text);
  if (given.kind !== "json") return null;
  const value = unwrap(given.value, []);
  return typeof value === "string" ? fileFromText(value) : null;
}
