export { decodePicture, fitPixels, loadSharp, MAX_PIXELS } from "./decode.ts";
export { MAX_LINE_WIDTH } from "./fit.ts";
export { huesOf, lookAt, type PictureLook } from "./look.ts";
export { invertPicture, type Picture } from "./picture.ts";
export { pictureTensor } from "./tensor.ts";
