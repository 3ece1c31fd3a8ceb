import type { ErrorRow } from "../error.ts";

export const MEDIA_ERRORS = {
  MEDIA_PICTURE_UNKNOWN: {
    what: "This is no picture that can be read: it is {found}.",
    hint: "Send a JPEG, PNG, WebP, GIF, TIFF or AVIF file as it is.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MEDIA_PICTURE_DAMAGED: {
    what: "The {format} picture cannot be decoded: {problem}.",
    hint: "The file is cut off or damaged: fetch or export it again.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  MEDIA_PICTURE_TOO_LARGE: {
    what: "The picture has {width}×{height} pixels, more than the limit of {limit} in all.",
    hint: "Make it smaller first: a model looks at far fewer pixels.",
    http: 413,
    grpc: "RESOURCE_EXHAUSTED",
  },
  MEDIA_PICTURE_SCANS: {
    what: "The JPEG is made of more than {limit} scans, each of which goes through the whole picture.",
    hint: "Save it again with an ordinary encoder, which makes some ten scans; do not trust whoever made this file.",
    http: 422,
    grpc: "RESOURCE_EXHAUSTED",
  },
  MEDIA_PICTURE_SLOW: {
    what: "The picture was not decoded within {seconds} seconds.",
    hint: "Save it in a simpler form, for example as a JPEG of the size that the model looks at.",
    http: 422,
    grpc: "RESOURCE_EXHAUSTED",
  },
  MEDIA_PICTURE_NUMBERS: {
    what: "These numbers are no picture: {problem}.",
    hint: "Give rows of pixels from 0 to 255: [height][width] for grey, [height][width][channels] for colour.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MEDIA_PICTURE_TENSOR: {
    what: "The picture cannot become the tensor {tensor}: {problem}.",
    hint: "Correct size, layout, color or normalize of this input in model.yaml.",
    http: 400,
    grpc: "FAILED_PRECONDITION",
  },
  MEDIA_SOUND_UNKNOWN: {
    what: "This is no sound that can be read: it is {found}.",
    hint: "Send a WAV file; `ffmpeg -i sound -ac 1 -ar 16000 sound.wav` makes one of nearly anything.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MEDIA_SOUND_DAMAGED: {
    what: "The WAV file is damaged: {problem}.",
    hint: "Its header and its contents do not agree: record or export it again.",
    http: 400,
    grpc: "DATA_LOSS",
  },
  MEDIA_SOUND_ENCODING: {
    what: "The WAV file holds {encoding}, which is not read.",
    hint: "Export it as PCM of 16 bits; `ffmpeg -i sound -c:a pcm_s16le sound.wav` does.",
    http: 400,
    grpc: "UNIMPLEMENTED",
  },
  MEDIA_SOUND_EMPTY: {
    what: "The sound has no samples.",
    hint: "Record or export it again; a recorder that was killed leaves a header without sound.",
    http: 400,
    grpc: "INVALID_ARGUMENT",
  },
  MEDIA_SOUND_TOO_LONG: {
    what: "The sound has {samples} samples at {rate} Hz, more than the limit of {limit}.",
    hint: "Cut it into pieces and ask for each.",
    http: 413,
    grpc: "RESOURCE_EXHAUSTED",
  },
} as const satisfies Record<string, ErrorRow>;
