import type { ImageInput } from "../../model/contract/contract.ts";
import type { Tensor } from "../../model/tensor/index.ts";
import type { Picture, Region } from "../media/image/picture.ts";
import type { PictureSize } from "../media/image/size.ts";

/** Where something is, in pixels of the picture that was given. */
export interface PictureBox {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}

/** The same as JSON Schema. */
export const BOX_SCHEMA = {
  type: "object",
  required: ["xmin", "ymin", "xmax", "ymax"],
  properties: {
    xmin: { type: "integer", minimum: 0 },
    ymin: { type: "integer", minimum: 0 },
    xmax: { type: "integer", minimum: 0 },
    ymax: { type: "integer", minimum: 0 },
  },
} as const;

/**
 * From parts of the model's picture, 0 to 1, to pixels of the one that was given, which ends at its edges.
 * @param tensor what the model was fed: the picture itself, where it was given ready to be fed
 */
export function placer(
  tensor: Tensor,
  input: ImageInput,
  picture: Picture | null,
): (x: number, y: number) => { x: number; y: number } {
  const { width, height } = picture ?? sizeOf(tensor, input);
  const placed: Region = picture?.placed ?? { left: 0, top: 0, width, height };
  const source = picture?.source ?? { width, height };
  const clamp = (value: number, most: number) => Math.round(Math.min(Math.max(value, 0), most));
  return (x, y) => ({
    x: clamp(((x * width - placed.left) / placed.width) * source.width, source.width),
    y: clamp(((y * height - placed.top) / placed.height) * source.height, source.height),
  });
}

/** Of the picture in a tensor that was given ready to be fed. */
export function sizeOf({ shape }: Tensor, { layout }: ImageInput): PictureSize {
  return { height: shape[layout.indexOf("H")] ?? 1, width: shape[layout.indexOf("W")] ?? 1 };
}
