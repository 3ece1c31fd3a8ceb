export { type Corners, cutOut, turned } from "./cut-out.ts";
export { decodePicture, decodePixels, fitPixels, loadSharp, MAX_PIXELS } from "./decode.ts";
export { drawOver, type Marks } from "./draw.ts";
export { MAX_LINE_WIDTH } from "./fit.ts";
export { huesOf, lookAt, type PictureLook } from "./look.ts";
export { encodeMask, type Plane } from "./mask.ts";
export { invertPicture, type Picture, type Pixels, type Region } from "./picture.ts";
export type { PictureSize } from "./size.ts";
export { pictureTensor } from "./tensor.ts";
