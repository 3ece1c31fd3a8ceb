/** Width and height as they are shown, which is after the orientation is applied. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size of a picture from its header, for the formats and cases where a few bytes tell all; null where only the
 * decoder's own reading of the header does. Saves small pictures a second trip through it.
 */
export function readPictureSize(format: string, bytes: Uint8Array): PictureSize | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (format === "JPEG") return readJpegSize(view);
  if (format === "PNG") return readPngSize(view);
  if (format === "GIF" && view.byteLength >= 10) {
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  return null;
}

const IHDR = 0x49484452;
const IDAT = 0x49444154;
const EXIF_CHUNK = 0x65584966;

/** IHDR comes first; an eXIf chunk before the pixels may turn the picture. */
function readPngSize(view: DataView): PictureSize | null {
  if (view.byteLength < 33 || view.getUint32(12) !== IHDR) return null;
  const size = { width: view.getUint32(16), height: view.getUint32(20) };
  for (let at = 33; at + 12 <= view.byteLength; at += 12 + view.getUint32(at)) {
    const type = view.getUint32(at + 4);
    if (type === IDAT) return size;
    if (type === EXIF_CHUNK) return null;
  }
  return null;
}

/** Walks the segments to the start of frame, past the Exif segment that may turn the picture. */
function readJpegSize(view: DataView): PictureSize | null {
  let turned = false;
  for (let at = 2; at + 9 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    // Any number of fill bytes may stand before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (isStartOfFrame(marker)) {
      const size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
      return turned ? { width: size.height, height: size.width } : size;
    }
    if (marker === 0xe1) {
      const orientation = readOrientation(view, at + 4, Math.min(at + 2 + length, view.byteLength));
      if (orientation === null) return null;
      turned ||= orientation >= 5;
    }
    at += 2 + length;
  }
  return null;
}

function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Exif's orientation tag in the first directory: 1 to 8; 0 where the segment has none; null where it is damaged. */
function readOrientation(view: DataView, from: number, to: number): number | null {
  const isExif = to - from >= 14 && view.getUint32(from) === 0x45786966 && view.getUint16(from + 4) === 0;
  if (!isExif) return 0;
  const tiff = from + 6;
  const little = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, little);
  if (directory + 2 > to) return null;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > to) return null;
    if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little);
  }
  return 0;
}
