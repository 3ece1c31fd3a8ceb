import type { Sharp } from "sharp";
import type { ImageInput } from "../../../model/contract/contract.ts";
import type { Region } from "./picture.ts";
import type { PictureSize } from "./size.ts";

/** Triangle filter, widened when shrinking: what Pillow's and torchvision's "bilinear" do. */
const KERNEL = "linear";
/** The grey that the YOLO family fills the margins with. */
export const LETTERBOX = 114;
/** Widest line of text: PaddleX's MAX_IMG_W. A longer one is squeezed, since memory grows with the width. */
export const MAX_LINE_WIDTH = 3200;
/** Height and width where the contract leaves them open: larger pictures are shrunk to fit. */
const MAX_FREE_SIDE = 2048;

/** How a picture becomes the size that the model takes: resized, then cut, then given margins. */
export interface Fit {
  readonly resized: PictureSize;
  readonly left: number;
  readonly top: number;
  /** Of the outcome. Where it is larger than what was resized, `left` and `top` are margins, else they are cut off. */
  readonly width: number;
  readonly height: number;
  /**
   * Axes that are enlarged. libvips 8.18 enlarges half a pixel of the outcome too far to the right and down, so such an
   * axis is made twice as long, and every second pixel, which then lies exactly right, is kept.
   */
  readonly double: { readonly x: 1 | 2; readonly y: 1 | 2 };
}

/** Null where the picture already is as the model takes it. */
export function planFit(source: PictureSize, input: ImageInput): Fit | null {
  const target = targetOf(source, input);
  const resized = resizedOf(source, target, input);
  const { width, height } = target;
  const unchanged = resized.width === source.width && resized.height === source.height;
  if (unchanged && width === source.width && height === source.height) return null;
  return {
    resized,
    width,
    height,
    left: offset(resized.width, width),
    top: offset(resized.height, height),
    double: { x: resized.width > source.width ? 2 : 1, y: resized.height > source.height ? 2 : 1 },
  };
}

/** Adds the fit to a pipeline, its enlarged axes doubled. */
export function applyFit(image: Sharp, fit: Fit, margin = LETTERBOX): Sharp {
  const { x, y } = fit.double;
  const width = fit.width * x;
  const height = fit.height * y;
  const resizedWidth = fit.resized.width * x;
  const resizedHeight = fit.resized.height * y;
  const left = fit.left * x;
  const top = fit.top * y;
  const resized = image.resize({ width: resizedWidth, height: resizedHeight, fit: "fill", kernel: KERNEL });
  if (width < resizedWidth || height < resizedHeight) return resized.extract({ left, top, width, height });
  if (width === resizedWidth && height === resizedHeight) return resized;
  return resized.extend({
    left,
    top,
    right: width - resizedWidth - left,
    bottom: height - resizedHeight - top,
    background: { r: margin, g: margin, b: margin, alpha: 1 },
  });
}

/** Where the whole picture lies in the outcome. */
export function placedBy({ resized, left, top, width, height }: Fit): Region {
  return {
    left: resized.width > width ? -left : left,
    top: resized.height > height ? -top : top,
    width: resized.width,
    height: resized.height,
  };
}

/** What lies before the middle: margins are rounded down as Ultralytics does, cuts half to even as torchvision does. */
function offset(resized: number, wanted: number): number {
  const half = Math.abs(resized - wanted) / 2;
  if (resized < wanted) return Math.floor(half);
  return half % 1 === 0.5 ? 2 * Math.round(half / 2) : half;
}

/** The size that the model takes, its open sides worked out. */
function targetOf(source: PictureSize, { size, resize, multiple, longest }: ImageInput): PictureSize {
  const [height, width] = size;
  if (height !== null && width !== null) return { width, height };
  if (height !== null) {
    const free = (source.width * height) / source.height;
    return { width: clamp(resize === "width-free" ? Math.ceil(free) : Math.round(free)), height };
  }
  if (width !== null) return { width, height: clamp(Math.round((source.height * width) / source.width)) };
  const most = Math.min(longest ?? MAX_FREE_SIDE, MAX_FREE_SIDE);
  const shrink = Math.min(1, most / Math.max(source.width, source.height));
  const side = (length: number) => clamp(inMultiples(Math.round(length * shrink), multiple));
  return { width: side(source.width), height: side(source.height) };
}

/** The nearest multiple, as PaddleOCR rounds (ppocr/data/imaug/operators.py, DetResizeForTest), but none at all. */
function inMultiples(side: number, multiple = 1): number {
  return Math.max(Math.round(side / multiple), 1) * multiple;
}

function clamp(side: number): number {
  return Math.min(Math.max(side, 1), MAX_LINE_WIDTH);
}

function resizedOf(
  source: PictureSize,
  target: PictureSize,
  { size, resize, cropFraction = 1 }: ImageInput,
): PictureSize {
  const isOpen = size[0] === null || size[1] === null;
  if (resize === "stretch" || resize === "width-free" || isOpen) return target;
  if (resize === "letterbox") {
    const scale = Math.min(target.width / source.width, target.height / source.height);
    return {
      width: clamp(Math.round(source.width * scale)),
      height: clamp(Math.round(source.height * scale)),
    };
  }
  return coverOf(source, {
    width: Math.floor(target.width / cropFraction),
    height: Math.floor(target.height / cropFraction),
  });
}

/** timm's and torchvision's evaluation: the edge that is relatively shorter fits, the other keeps the proportions. */
function coverOf(source: PictureSize, outer: PictureSize): PictureSize {
  if (source.width * outer.height <= source.height * outer.width) {
    return {
      width: outer.width,
      height: Math.max(outer.height, Math.floor((outer.width * source.height) / source.width)),
    };
  }
  return {
    width: Math.max(outer.width, Math.floor((outer.height * source.width) / source.height)),
    height: outer.height,
  };
}
