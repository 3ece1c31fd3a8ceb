import type { PictureSize } from "./size.ts";

/** Pixels alone, rows from the top, channels (grey, RGB or RGBA) beside each other, 8 bits each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/** Decoded pixels, rows from the top, channels beside each other, 8 bits each. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
  /** As the file was before it was fitted. */
  readonly source: PictureSize;
  /** Where the whole source lies in this picture, in its pixels; what was cut off lies outside. */
  readonly placed: Region;
}

/** A part of a picture, in pixels from its upper left corner. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The luma of ITU-R BT.601 in 16-bit fixed point, as Pillow and OpenCV compute grey: equal channels stay as they are. */
const RED = 19_595;
const GREEN = 38_470;
const BLUE = 7_471;

export function lumaOf(red: number, green: number, blue: number): number {
  return (red * RED + green * GREEN + blue * BLUE + 32_768) >>> 16;
}

/** One grey value a pixel. */
export function toGrey(picture: Picture): Uint8Array {
  const { data, channels, width, height } = picture;
  if (channels === 1) return data;
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
    grey[i] = lumaOf(data[at] as number, data[at + 1] as number, data[at + 2] as number);
  }
  return grey;
}

/** Every second pixel of the axes that are doubled, from the second one on. */
export function keepOddPixels(picture: Picture, double: { readonly x: 1 | 2; readonly y: 1 | 2 }): Picture {
  if (double.x === 1 && double.y === 1) return picture;
  const { channels } = picture;
  const width = picture.width / double.x;
  const height = picture.height / double.y;
  const data = new Uint8Array(width * height * channels);
  const step = double.x * channels;
  for (let y = 0, to = 0; y < height; y++) {
    let from = ((y * double.y + double.y - 1) * picture.width + double.x - 1) * channels;
    for (let x = 0; x < width; x++, from += step) {
      for (let c = 0; c < channels; c++) data[to++] = picture.data[from + c] as number;
    }
  }
  return { ...picture, width, height, data };
}

/** The negative, alpha left as it is; a new picture. */
export function invertPicture(picture: Picture): Picture {
  const { channels } = picture;
  const data = new Uint8Array(picture.data.length);
  for (let i = 0; i < data.length; i++) {
    const value = picture.data[i] as number;
    data[i] = channels === 4 && i % 4 === 3 ? value : 255 - value;
  }
  return { ...picture, data };
}
