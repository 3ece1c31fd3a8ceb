import { fail } from "../../../base/errors/index.ts";
import { type Encoding, readSamples } from "./pcm.ts";
import { MAX_CHANNELS, MAX_RATE, MAX_SAMPLES, MIN_RATE, type Sound } from "./sound.ts";
import { endOfParts } from "./wav-end.ts";

const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
const EXTENSIBLE = 0xfffe;

/** What people send by mistake or out of habit. */
const OTHERS: readonly (readonly [at: number, text: string, found: string])[] = [
  [0, "OggS", "an Ogg sound"],
  [0, "fLaC", "a FLAC sound"],
  [0, "ID3", "an MP3 sound"],
  [0, "\xff\xfb", "an MP3 sound"],
  [4, "ftypM4A", "an AAC sound"],
  [8, "AIFF", "an AIFF sound"],
  [0, "caff", "a Core Audio sound"],
  [0, "\x1aE\xdf\xa3", "a WebM recording"],
  [0, "\x89PNG", "a PNG picture"],
  [0, "\xff\xd8\xff", "a JPEG picture"],
  [4, "ftyp", "a video"],
  [0, "<", "text with angle brackets"],
];

interface Format {
  readonly encoding: Encoding;
  readonly channels: number;
  readonly sampleRate: number;
  /** Bytes of one moment: a sample of every channel. */
  readonly block: number;
}

/**
 * Reads a WAV file (RIFF or RF64; PCM of 8, 16, 24 and 32 bits, floats, A-law, mu-law; any channels) as mono samples.
 * @throws MEDIA_SOUND_UNKNOWN, MEDIA_SOUND_DAMAGED, MEDIA_SOUND_ENCODING, MEDIA_SOUND_EMPTY, MEDIA_SOUND_TOO_LONG
 */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = readTag(view, 0);
  if ((kind !== "RIFF" && kind !== "RF64") || readTag(view, 8) !== "WAVE") {
    throw fail("MEDIA_SOUND_UNKNOWN", { found: describe(bytes) });
  }
  let format: Format | null = null;
  let dataSize64: number | null = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const tag = readTag(view, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (tag === "data") {
      if (!format) throw damaged("its samples come before their format");
      return readData(view, format, body, dataLength(view, body, size, dataSize64));
    }
    if (body + size > view.byteLength) {
      throw damaged(
        `the part ${JSON.stringify(tag)} says ${size} bytes, but ${view.byteLength - body} follow`,
        at,
      );
    }
    if (tag === "ds64" && size >= 16) dataSize64 = Number(view.getBigUint64(body + 8, true));
    if (tag === "fmt ") format = readFormat(view, body, size);
    // Parts begin at even bytes.
    at = body + size + (size % 2);
  }
  throw damaged(format ? "it ends before its samples" : "it has no format");
}

/**
 * A recorder that writes into a pipe cannot know the length: all ones mean "to the end". So does 0 where something follows that
 * is no part of the file, since one that was killed has not written the length yet; ffmpeg and libsndfile read both so.
 */
const LENGTH_UNKNOWN = 0xffffffff;

function dataLength(view: DataView, body: number, size: number, size64: number | null): number {
  const rest = view.byteLength - body;
  if (size === LENGTH_UNKNOWN) {
    if (size64 === null || size64 === 0) return rest;
    if (size64 <= rest) return size64;
    throw damaged(`its header says ${size64} bytes of samples, but ${rest} follow`, body);
  }
  if (size > rest) throw damaged(`its header says ${size} bytes of samples, but ${rest} follow`, body);
  return size === 0 && endOfParts(view, body) !== null ? rest : size;
}

function readFormat(view: DataView, at: number, size: number): Format {
  if (size < 16) throw damaged(`its format has ${size} bytes of at least 16`, at);
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const block = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  let code = view.getUint16(at, true);
  if (code === EXTENSIBLE) {
    if (size < 40) throw damaged(`its extensible format has ${size} bytes of at least 40`, at);
    // The first two bytes of the GUID are the plain code; the rest is always the same.
    code = view.getUint16(at + 24, true);
  }
  if (channels < 1 || channels > MAX_CHANNELS) throw damaged(`its header says ${channels} channels`, at);
  if (sampleRate < MIN_RATE || sampleRate > MAX_RATE) throw damaged(`its header says ${sampleRate} Hz`, at);
  const encoding = encodingOf(code, bits);
  if (block !== (channels * bits) / 8) {
    throw damaged(`its header says ${block} bytes for ${channels} samples of ${bits} bits`, at);
  }
  return { encoding, channels, sampleRate, block };
}

function encodingOf(code: number, bits: number): Encoding {
  if (code === PCM && bits === 8) return "u8";
  if (code === PCM && bits === 16) return "s16";
  if (code === PCM && bits === 24) return "s24";
  if (code === PCM && bits === 32) return "s32";
  if (code === FLOAT && bits === 32) return "f32";
  if (code === FLOAT && bits === 64) return "f64";
  if (code === A_LAW && bits === 8) return "alaw";
  if (code === MU_LAW && bits === 8) return "mulaw";
  const name = code === PCM ? "PCM" : code === FLOAT ? "floats" : `the encoding ${code}`;
  throw fail("MEDIA_SOUND_ENCODING", { encoding: `${name} of ${bits} bits` });
}

function readData(view: DataView, format: Format, at: number, length: number): Sound {
  const { channels, block, sampleRate, encoding } = format;
  const count = Math.floor(length / block);
  if (count === 0) throw fail("MEDIA_SOUND_EMPTY", {});
  if (count > MAX_SAMPLES) {
    throw fail("MEDIA_SOUND_TOO_LONG", { samples: count, rate: sampleRate, limit: MAX_SAMPLES });
  }
  const { mono: samples, peaks } = readSamples(view, at, count, channels, encoding);
  const broken = samples.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw damaged(`sample ${broken} is not a finite number`);
  return { sampleRate, samples, ...(channels > 1 && { peaks }), ...unreadOf(view, at + length, format) };
}

/** A header that says too little leaves sound unread, which only what follows can tell. */
function unreadOf(view: DataView, end: number, { block, sampleRate }: Format): Pick<Sound, "unread"> {
  const from = endOfParts(view, end);
  if (from === null) return {};
  const bytes = view.byteLength - from;
  return { unread: { bytes, seconds: bytes / block / sampleRate } };
}

function damaged(problem: string, at?: number) {
  return fail("MEDIA_SOUND_DAMAGED", { problem }, at === undefined ? {} : { where: `byte ${at}` });
}

function readTag(view: DataView, at: number): string {
  if (at + 4 > view.byteLength) return "";
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return "empty";
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  const other = OTHERS.find(([at, text]) => head.startsWith(text, at));
  if (other) return other[2];
  const begins = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `a file that begins with the bytes ${begins}`;
}
