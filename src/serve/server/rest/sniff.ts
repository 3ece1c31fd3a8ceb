/** Bytes by which a file of a media type begins, at their offsets. */
interface Magic {
  readonly type: string;
  readonly bytes: readonly (readonly [offset: number, text: string])[];
}

/** The pictures and sounds that a person may post without saying what they are, as `curl --data-binary` does. */
const MAGIC: readonly Magic[] = [
  { type: "image/png", bytes: [[0, "\x89PNG\r\n\x1a\n"]] },
  { type: "image/jpeg", bytes: [[0, "\xff\xd8\xff"]] },
  { type: "image/gif", bytes: [[0, "GIF8"]] },
  {
    type: "image/webp",
    bytes: [
      [0, "RIFF"],
      [8, "WEBP"],
    ],
  },
  {
    type: "audio/wav",
    bytes: [
      [0, "RIFF"],
      [8, "WAVE"],
    ],
  },
  { type: "image/avif", bytes: [[4, "ftypavif"]] },
  { type: "image/heic", bytes: [[4, "ftypheic"]] },
  { type: "image/tiff", bytes: [[0, "II*\0"]] },
  { type: "image/tiff", bytes: [[0, "MM\0*"]] },
  { type: "image/bmp", bytes: [[0, "BM"]] },
  { type: "audio/flac", bytes: [[0, "fLaC"]] },
  { type: "audio/ogg", bytes: [[0, "OggS"]] },
  { type: "audio/mpeg", bytes: [[0, "ID3"]] },
];

/** The media type that the first bytes of a picture or a sound show; undefined for everything else. */
export function sniffMedia(bytes: Buffer): string | undefined {
  const head = bytes.toString("latin1", 0, 16);
  return MAGIC.find((magic) => magic.bytes.every(([offset, text]) => head.startsWith(text, offset)))?.type;
}

/** Whether a body begins as JSON of a request does: an object, a list or a text. */
export function looksLikeJson(bytes: Buffer): boolean {
  return /^\s*[{["]/.test(bytes.toString("latin1", 0, 64));
}
