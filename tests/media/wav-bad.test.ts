import { expect, test } from "vitest";
import { MAX_SAMPLES, readWav } from "../../src/run/media/audio/index.ts";
import { warnOfSound } from "../../src/run/tasks/sound-warnings.ts";
import { mediaFile } from "./fixtures.ts";

/** A copy of a good file with some bytes changed: 16-bit mono at 8 kHz, `fmt ` at 12, `data` at 36. */
function changed(change: (view: DataView, bytes: Uint8Array) => void, name = "s16.wav"): Uint8Array {
  const bytes = Uint8Array.from(mediaFile(name));
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

const bad: [what: string, code: string, bytes: () => Uint8Array, says: RegExp][] = [
  ["nothing", "MEDIA_SOUND_UNKNOWN", () => new Uint8Array(), /empty/],
  ["text", "MEDIA_SOUND_UNKNOWN", () => Buffer.from("hello, hello, hello"), /68 65 6c 6c 6f/],
  ["MP3", "MEDIA_SOUND_UNKNOWN", () => Buffer.from("ID3\x04aaaaaaaaaaaaaaa"), /MP3/],
  ["Ogg", "MEDIA_SOUND_UNKNOWN", () => Buffer.from("OggSaaaaaaaaaaaaaaa"), /Ogg/],
  ["a picture", "MEDIA_SOUND_UNKNOWN", () => mediaFile("grey.png"), /PNG/],
  ["RIFF that is no sound", "MEDIA_SOUND_UNKNOWN", () => mediaFile("orientation-6.webp"), /52 49 46 46/],
  ["a header alone", "MEDIA_SOUND_DAMAGED", () => mediaFile("s16.wav").subarray(0, 12), /no format/],
  [
    "cut in the header",
    "MEDIA_SOUND_DAMAGED",
    () => mediaFile("s16.wav").subarray(0, 30),
    /16 bytes, but 10/,
  ],
  [
    "cut before the samples",
    "MEDIA_SOUND_DAMAGED",
    () => mediaFile("s16.wav").subarray(0, 36),
    /before its samples/,
  ],
  [
    "cut in the samples",
    "MEDIA_SOUND_DAMAGED",
    () => mediaFile("s16.wav").subarray(0, 400),
    /480 bytes of samples, but 356/,
  ],
  [
    "a length that lies",
    "MEDIA_SOUND_DAMAGED",
    () => changed((view) => view.setUint32(40, 4_000_000_000, true)),
    /4000000000/,
  ],
  [
    "a part that lies",
    "MEDIA_SOUND_DAMAGED",
    () => changed((view) => view.setUint32(16, 4_000_000_000, true)),
    /4000000000/,
  ],
  [
    "samples before the format",
    "MEDIA_SOUND_DAMAGED",
    () => changed((_, bytes) => bytes.set(Buffer.from("data"), 12)),
    /before their format/,
  ],
  [
    "a short format",
    "MEDIA_SOUND_DAMAGED",
    () => changed((view) => view.setUint32(16, 14, true)),
    /14 bytes/,
  ],
  ["no channels", "MEDIA_SOUND_DAMAGED", () => changed((view) => view.setUint16(22, 0, true)), /0 channels/],
  [
    "thousands of channels",
    "MEDIA_SOUND_DAMAGED",
    () => changed((view) => view.setUint16(22, 60_000, true)),
    /60000 channels/,
  ],
  ["a rate of nothing", "MEDIA_SOUND_DAMAGED", () => changed((view) => view.setUint32(24, 0, true)), /0 Hz/],
  [
    "a rate of billions",
    "MEDIA_SOUND_DAMAGED",
    () => changed((view) => view.setUint32(24, 4e9, true)),
    /4000000000 Hz/,
  ],
  [
    "blocks that do not fit",
    "MEDIA_SOUND_DAMAGED",
    () => changed((view) => view.setUint16(32, 7, true)),
    /7 bytes for 1/,
  ],
  [
    "an extensible format that is short",
    "MEDIA_SOUND_DAMAGED",
    () => changed((view) => view.setUint16(20, 0xfffe, true)),
    /extensible/,
  ],
  [
    "12 bits",
    "MEDIA_SOUND_ENCODING",
    () => changed((view) => view.setUint16(34, 12, true)),
    /PCM of 12 bits/,
  ],
  ["ADPCM", "MEDIA_SOUND_ENCODING", () => changed((view) => view.setUint16(20, 2, true)), /encoding 2/],
  [
    "no samples",
    "MEDIA_SOUND_EMPTY",
    () => changed((view) => view.setUint32(40, 0, true)).subarray(0, 44),
    /no samples/,
  ],
  ["half a sample", "MEDIA_SOUND_EMPTY", () => changed((view) => view.setUint32(40, 1, true)), /no samples/],
  [
    "not a number",
    "MEDIA_SOUND_DAMAGED",
    () => changed((view) => view.setFloat32(view.byteLength - 8, Number.NaN, true), "f32.wav"),
    /sample 238/,
  ],
];

test.each(bad)("%s: %s", (_what, code, bytes, says) => {
  let error: unknown;
  try {
    readWav(bytes());
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({
    code,
    message: expect.stringMatching(says),
    hint: expect.stringMatching(/\w/),
  });
});

test("hours of sound are refused before memory is taken", () => {
  const bytes = new Uint8Array(MAX_SAMPLES + 1 + 44);
  bytes.set(mediaFile("u8.wav").subarray(0, 44));
  new DataView(bytes.buffer).setUint32(40, MAX_SAMPLES + 1, true);
  expect(() => readWav(bytes)).toThrow(expect.objectContaining({ code: "MEDIA_SOUND_TOO_LONG" }));
});

test("a recorder in a pipe leaves the length open: the sound reaches to the end", () => {
  const open = changed((view) => {
    view.setUint32(4, 0xffffffff, true);
    view.setUint32(40, 0xffffffff, true);
  });
  expect(readWav(open).samples).toEqual(readWav(mediaFile("s16.wav")).samples);
});

test("a recorder that was killed has not written the length: the sound reaches to the end", () => {
  const open = changed((view) => view.setUint32(40, 0, true));
  expect(readWav(open)).toEqual(readWav(mediaFile("s16.wav")));
});

/** The file with its header saying so many bytes of samples, and with more at its end. */
const saying = (length: number, ...more: (string | Uint8Array)[]) =>
  Buffer.concat([
    changed((view) => view.setUint32(40, length, true)),
    ...more.map((each) => (typeof each === "string" ? Buffer.from(each, "latin1") : each)),
  ]);

test("a header that says too little leaves sound unread, and the answer says so", () => {
  // 360 of 480 bytes at 2 bytes a sample and 8 kHz.
  const sound = readWav(saying(120));
  expect(sound.samples).toHaveLength(60);
  expect(sound.unread).toEqual({ bytes: 360, seconds: 0.0225 });
  expect(warnOfSound(sound, 8000)[0]).toMatch(
    /0\.01 s of sound, and 360 bytes follow.* 0\.02 s were not heard/,
  );
  expect(readWav(saying(121)).unread).toMatchObject({ bytes: 358 });
  // The list of parts ends where the last one says more than follows.
  expect(readWav(saying(480, "LIST\x04\0\0\0abcd", "LIST\xff\0\0\0abcd")).unread).toMatchObject({
    bytes: 12,
  });
});

test.each([
  ["nothing", []],
  ["a list", ["LIST\x04\0\0\0abcd"]],
  ["parts of an odd length, with the byte that fills them up", ["note\x03\0\0\0abc\0", "cue \0\0\0\0"]],
  ["parts of an odd length, without it", ["note\x03\0\0\0abc", "cue \0\0\0\0"]],
  ["fewer bytes than a part's head", ["abc"]],
  ["zeros", [new Uint8Array(4096)]],
])("after the samples comes %s: nothing is unread", (_what, more) => {
  const sound = readWav(saying(480, ...more));
  expect(sound.unread).toBeUndefined();
  expect(sound.samples).toEqual(readWav(mediaFile("s16.wav")).samples);
});

test("RF64 has its length in 64 bits", () => {
  const plain = mediaFile("s16.wav");
  const ds64 = Buffer.alloc(36);
  ds64.write("ds64", "latin1");
  ds64.writeUInt32LE(28, 4);
  const make = (length: bigint) => {
    ds64.writeBigUInt64LE(length, 16);
    const bytes = Buffer.concat([
      Buffer.from("RF64\xff\xff\xff\xffWAVE", "latin1"),
      ds64,
      plain.subarray(12),
    ]);
    bytes.writeUInt32LE(0xffffffff, 40 + 36);
    return bytes;
  };
  expect(readWav(make(480n)).samples).toEqual(readWav(plain).samples);
  expect(() => readWav(make(2n ** 40n))).toThrow(expect.objectContaining({ code: "MEDIA_SOUND_DAMAGED" }));
});
