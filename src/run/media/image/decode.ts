import type { Sharp } from "sharp";
import { fail } from "../../../base/errors/index.ts";
import type { ImageInput } from "../../../model/contract/contract.ts";
import { fitBilinear } from "./bilinear.ts";
import { applyFit, type Fit, LETTERBOX, placedBy, planFit } from "./fit.ts";
import { keepOddPixels, type Picture, type Pixels } from "./picture.ts";
import { type PictureSize, readPictureSize } from "./size.ts";
import { sniffPicture } from "./sniff.ts";

/**
 * Most pixels of a picture, 134 million: twice what large cameras make. A progressive JPEG or an interlaced PNG of
 * that size takes 400 MB while it is decoded.
 */
export const MAX_PIXELS = 2 ** 27;
/**
 * A picture at the limit takes about 3 seconds; some formats can be made to take far longer. libvips looks at its own clock
 * only now and then, or not at all, so that nobody waits for it longer than this; its thread ends when it ends.
 */
const MAX_DECODE_SECONDS = 30;
/**
 * Most scans of a JPEG. The decoder goes through the whole picture for each, and looks at the clock only behind the last:
 * 882 scans, which a file of 100 kB may have, took 9 seconds of a processor at 25 megapixels. Encoders make some ten;
 * libjpeg-turbo's own limit for files that are not trusted (TJPARAM_SCANLIMIT) is 500.
 */
const MAX_SCANS = 500;

const WHITE = { r: 255, g: 255, b: 255 };
const BLACK = { r: 0, g: 0, b: 0 };

type SharpModule = typeof import("sharp");
let sharpModule: Promise<SharpModule> | undefined;

/**
 * Native code, so it is loaded with the first picture and not before.
 * The module is CommonJS behind an ES interface: its default export is the function.
 */
export function loadSharp(): Promise<SharpModule["default"]> {
  sharpModule ??= import("sharp");
  return sharpModule.then((module) => module.default);
}

/**
 * Decodes a picture file (the first frame, upright, without alpha unless the model takes it, 8 bits a channel) and
 * fits it to the size that the model takes. The work is done on sharp's own threads.
 *
 * Transparent pixels show the ground that the model expects: black where `ground` is dark, else white.
 * @param seconds after which it is given up
 * @throws MEDIA_PICTURE_UNKNOWN, MEDIA_PICTURE_DAMAGED, MEDIA_PICTURE_TOO_LARGE, MEDIA_PICTURE_SCANS, MEDIA_PICTURE_SLOW
 */
export async function decodePicture(
  bytes: Uint8Array,
  input: ImageInput,
  seconds = MAX_DECODE_SECONDS,
): Promise<Picture> {
  return decode(bytes, MAX_PIXELS, seconds, (image, source) => toPicture(image, source, input, seconds));
}

/** Most pixels of a picture that is wanted as it is, 33 million: 100 MB, which then go from thread to thread. */
const MAX_WHOLE_PIXELS = 2 ** 25;

/** A picture as large as it is, upright, grey or RGB, on white where it is transparent. @throws as decodePicture */
export async function decodePixels(bytes: Uint8Array): Promise<Pixels> {
  return decode(bytes, MAX_WHOLE_PIXELS, MAX_DECODE_SECONDS, async (image) => {
    const flat = image.flatten({ background: WHITE }).toColourspace("srgb");
    const { data, info } = await flat
      .timeout({ seconds: MAX_DECODE_SECONDS })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    return { width, height, channels: info.channels as 1 | 3, data: new Uint8Array(data) };
  });
}

async function decode<T>(
  bytes: Uint8Array,
  limit: number,
  seconds: number,
  read: (image: Sharp, source: PictureSize) => Promise<T>,
): Promise<T> {
  const sniffed = sniffPicture(bytes);
  if ("found" in sniffed) throw fail("MEDIA_PICTURE_UNKNOWN", { found: sniffed.found });
  const { format } = sniffed;
  const known = readPictureSize(format, bytes);
  if (known) checkSize(format, known, limit);
  if (format === "JPEG") checkScans(bytes);
  const sharp = await loadSharp();
  try {
    const image = sharp(bytes, { autoOrient: true, failOn: "error", limitInputPixels: limit });
    const source = known ?? (await readSizeByDecoder(image, format, limit));
    return await within(seconds, read(image, source));
  } catch (cause) {
    throw translate(cause, format, known, seconds, limit);
  }
}

/** Pixels that are no file, as rows of channels, fitted in the same way. */
export async function fitPixels(pixels: Pixels, input: ImageInput): Promise<Picture> {
  const { width, height, channels, data } = pixels;
  const sharp = await loadSharp();
  const image = sharp(data, { raw: { width, height, channels } });
  return toPicture(image, { width, height }, input, MAX_DECODE_SECONDS);
}

async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(fail("MEDIA_PICTURE_SLOW", { seconds })), 1_000 * seconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function toPicture(
  image: Sharp,
  source: PictureSize,
  input: ImageInput,
  seconds: number,
): Promise<Picture> {
  const ground = input.ground === "dark" ? BLACK : WHITE;
  const flat = input.color === "RGBA" ? image.ensureAlpha() : image.flatten({ background: ground });
  const fit = planFit(source, input);
  if (fit && input.antialias === false) return sampled(flat, source, fit, input, seconds);
  const { data, info } = await (fit ? applyFit(flat, fit, input.margin) : flat)
    .toColourspace("srgb")
    .timeout({ seconds: Math.ceil(seconds) })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const placed = fit ? placedBy(fit) : { left: 0, top: 0, width, height };
  const picture: Picture = { width, height, channels: channels as 1 | 3 | 4, data, source, placed };
  return fit ? keepOddPixels(picture, fit.double) : picture;
}

/** Pictures of more pixels are shrunk to as many first: the places between which is sampled lie far apart then. */
const MAX_SAMPLED = 2 ** 24;

async function sampled(
  image: Sharp,
  source: PictureSize,
  fit: Fit,
  input: ImageInput,
  seconds: number,
): Promise<Picture> {
  const shrink = Math.sqrt((source.width * source.height) / MAX_SAMPLED);
  const size = {
    width: Math.max(1, Math.round(source.width / shrink)),
    height: Math.max(1, Math.round(source.height / shrink)),
  };
  const { data, info } = await (shrink > 1 ? image.resize({ ...size, fit: "fill", kernel: "linear" }) : image)
    .toColourspace("srgb")
    .timeout({ seconds: Math.ceil(seconds) })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const channels = info.channels as 1 | 3 | 4;
  const pixels = { width: info.width, height: info.height, channels, data };
  return { ...fitBilinear(pixels, fit, input.margin ?? LETTERBOX), source, placed: placedBy(fit) };
}

async function readSizeByDecoder(image: Sharp, format: string, limit: number): Promise<PictureSize> {
  const { autoOrient } = await image.metadata();
  checkSize(format, autoOrient, limit);
  return autoOrient;
}

function checkSize(format: string, { width, height }: PictureSize, limit: number): void {
  if (width === 0 || height === 0) {
    throw fail("MEDIA_PICTURE_DAMAGED", { format, problem: `its header says ${width}×${height} pixels` });
  }
  if (width * height > limit) {
    throw fail("MEDIA_PICTURE_TOO_LARGE", { width, height, limit });
  }
}

const START_OF_SCAN = Buffer.from([0xff, 0xda]);

/** Inside a scan 0xff is always followed by something else, so that these two bytes are a scan's beginning. */
function checkScans(bytes: Uint8Array): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let scans = 0;
  for (let at = file.indexOf(START_OF_SCAN); at >= 0; at = file.indexOf(START_OF_SCAN, at + 2)) {
    if (++scans > MAX_SCANS) throw fail("MEDIA_PICTURE_SCANS", { limit: MAX_SCANS });
  }
}

/** libvips says by its message alone what went wrong. */
function translate(
  cause: unknown,
  format: string,
  size: PictureSize | null,
  seconds: number,
  limit: number,
): unknown {
  if (!(cause instanceof Error) || "code" in cause) return cause;
  const message = cause.message.split("\n", 1)[0] ?? "";
  if (/pixel limit/.test(message)) {
    return fail(
      "MEDIA_PICTURE_TOO_LARGE",
      { width: size?.width ?? "?", height: size?.height ?? "?", limit },
      { cause },
    );
  }
  if (/timeout/i.test(message)) {
    return fail("MEDIA_PICTURE_SLOW", { seconds }, { cause });
  }
  return fail("MEDIA_PICTURE_DAMAGED", { format, problem: message.replace(/[:.\s]+$/, "") }, { cause });
}
