/** Pictures that are decoded, by how their files begin. Nothing else reaches the decoders (SVG, PDF and others would). */
const DECODED: readonly Magic[] = [
  { format: "JPEG", at: 0, text: "\xff\xd8\xff" },
  { format: "PNG", at: 0, text: "\x89PNG\r\n\x1a\n" },
  { format: "GIF", at: 0, text: "GIF87a" },
  { format: "GIF", at: 0, text: "GIF89a" },
  { format: "WebP", at: 8, text: "WEBP" },
  { format: "TIFF", at: 0, text: "II*\0" },
  { format: "TIFF", at: 0, text: "MM\0*" },
  { format: "AVIF", at: 4, text: "ftypavif" },
];

/** What people send by mistake, for the message. */
const OTHERS: readonly (Omit<Magic, "format"> & { readonly found: string })[] = [
  { found: "a HEIC picture", at: 4, text: "ftypheic" },
  { found: "a HEIC picture", at: 4, text: "ftypmif1" },
  { found: "a BMP picture", at: 0, text: "BM" },
  { found: "an SVG drawing", at: 0, text: "<svg" },
  { found: "a JPEG XL picture", at: 0, text: "\xff\x0a" },
  { found: "a JPEG XL picture", at: 4, text: "JXL " },
  { found: "a JPEG 2000 picture", at: 4, text: "jP  " },
  { found: "a PDF document", at: 0, text: "%PDF" },
  { found: "a WAV sound", at: 8, text: "WAVE" },
  { found: "an Ogg sound", at: 0, text: "OggS" },
  { found: "an MP3 sound", at: 0, text: "ID3" },
  { found: "a video", at: 4, text: "ftyp" },
  { found: "a web page", at: 0, text: "<!DOCTYPE" },
  { found: "a web page", at: 0, text: "<html" },
];

interface Magic {
  readonly format: string;
  readonly at: number;
  readonly text: string;
}

/** The format of a picture that can be decoded, by its first bytes; else words for what the file is. */
export function sniffPicture(bytes: Uint8Array): { readonly format: string } | { readonly found: string } {
  if (bytes.length === 0) return { found: "empty" };
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  const known = DECODED.find(({ at, text }) => head.startsWith(text, at));
  if (known) return known;
  const other = OTHERS.find(({ at, text }) => head.startsWith(text, at));
  if (other) return { found: other.found };
  const begins = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return { found: `a file that begins with the bytes ${begins}` };
}
