export { decodePicture, fitPixels, loadSharp, MAX_PIXELS } from "./decode.ts";
export { MAX_LINE_WIDTH } from "./fit.ts";
export { invertPicture, lookAt, type Picture, type PictureLook } from "./picture.ts";
export { pictureTensor } from "./tensor.ts";
