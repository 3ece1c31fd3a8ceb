import type { Sharp } from "sharp";
import type { ImageInput } from "../../../model/contract/contract.ts";
import type { PictureSize } from "./size.ts";

/** Triangle filter, widened when shrinking: what Pillow's and torchvision's "bilinear" do. */
const KERNEL = "linear";
/** The grey that the YOLO family fills the margins with. */
const LETTERBOX = { r: 114, g: 114, b: 114, alpha: 1 };
/** Widest line of text: PaddleX's MAX_IMG_W. A longer one is squeezed, since memory grows with the width. */
export const MAX_LINE_WIDTH = 3200;
/** Height and width where the contract leaves them open: larger pictures are shrunk to fit. */
const MAX_FREE_SIDE = 2048;

/** Adds to a pipeline how a picture of another size becomes the size that the model takes. */
export function fitPicture(image: Sharp, source: PictureSize, input: ImageInput): Sharp {
  const [height, width] = input.size;
  if (input.resize === "width-free" && height !== null) {
    const free = Math.ceil((source.width * height) / source.height);
    return image.resize({
      width: Math.min(Math.max(free, 1), MAX_LINE_WIDTH),
      height,
      fit: "fill",
      kernel: KERNEL,
    });
  }
  if (height === null || width === null) return fitFree(image, source, input.size);
  // A picture of the right size goes straight to its pixels, but a fraction crops that too.
  const fraction = input.resize === "crop" ? (input.cropFraction ?? 1) : 1;
  if (source.width === width && source.height === height && fraction >= 1) return image;
  if (input.resize === "stretch") return image.resize({ width, height, fit: "fill", kernel: KERNEL });
  if (input.resize === "letterbox") {
    return image.resize({ width, height, fit: "contain", background: LETTERBOX, kernel: KERNEL });
  }
  return fitCrop(image, height, width, fraction);
}

/** timm's and torchvision's evaluation: the shorter edge to size / fraction, then the middle. */
function fitCrop(image: Sharp, height: number, width: number, fraction: number): Sharp {
  if (fraction >= 1) return image.resize({ width, height, fit: "cover", kernel: KERNEL });
  const outerWidth = Math.floor(width / fraction);
  const outerHeight = Math.floor(height / fraction);
  return image.resize({ width: outerWidth, height: outerHeight, fit: "cover", kernel: KERNEL }).extract({
    left: Math.round((outerWidth - width) / 2),
    top: Math.round((outerHeight - height) / 2),
    width,
    height,
  });
}

/** One or both sides are the model's to take as they come. */
function fitFree(image: Sharp, source: PictureSize, size: readonly [number | null, number | null]): Sharp {
  const [height, width] = size;
  if (height !== null || width !== null) {
    const scale = height !== null ? height / source.height : (width ?? 1) / source.width;
    const free = (side: number) => Math.min(Math.max(Math.round(side * scale), 1), MAX_LINE_WIDTH);
    return image.resize({
      width: width ?? free(source.width),
      height: height ?? free(source.height),
      fit: "fill",
      kernel: KERNEL,
    });
  }
  if (Math.max(source.width, source.height) <= MAX_FREE_SIDE) return image;
  return image.resize({ width: MAX_FREE_SIDE, height: MAX_FREE_SIDE, fit: "inside", kernel: KERNEL });
}
