import { expect, test } from "vitest";
import { MAX_SAMPLES, readWav, resample, writeWav } from "../../src/run/media/audio/index.ts";
import { expectedRates, expectedSound, furthest, mediaFile } from "./fixtures.ts";

for (const name of ["u8", "s16", "s24", "s32", "f32", "f64", "alaw", "mulaw", "stereo", "six"]) {
  test(`${name}.wav has the samples that sox reads`, () => {
    const { sampleRate, samples } = readWav(mediaFile(`${name}.wav`));
    expect(sampleRate).toBe(8000);
    // Of several channels sox keeps the mean, in steps of 2^-31.
    expect(furthest(samples, expectedSound(`${name}.wav`))).toBeLessThan(1e-6);
  });
}

for (const { from, to, samples } of expectedRates) {
  test(`${from} Hz to ${to} Hz as sox's very high quality`, async () => {
    const out = await resample({ sampleRate: from, samples: swell(from) }, to);
    expect(out.sampleRate).toBe(to);
    expect(Math.abs(out.samples.length - samples.length)).toBeLessThanOrEqual(1);
    const length = Math.min(out.samples.length, samples.length);
    expect(furthest(out.samples.subarray(0, length), samples.subarray(0, length))).toBeLessThan(1e-4);
  });
}

/** The signal of sounds.py. */
function swell(rate: number): Float32Array {
  const count = Math.floor(rate / 10);
  return Float32Array.from({ length: count }, (_, n) => {
    const sum = [130, 997, 1810, 3170].reduce(
      (all, f) => all + 0.2 * Math.sin((2 * Math.PI * f * n) / rate + f),
      0,
    );
    return Math.sin((Math.PI * n) / count) ** 2 * sum;
  });
}

test("what lies above the new half rate is gone, what lies below is as loud as it was", async () => {
  const tone = (frequency: number) =>
    Float32Array.from({ length: 44_100 }, (_, n) => Math.sin((2 * Math.PI * frequency * n) / 44_100));
  const loudness = async (frequency: number) => {
    const { samples } = await resample({ sampleRate: 44_100, samples: tone(frequency) }, 16_000);
    const middle = samples.subarray(800, 15_200);
    return (
      20 *
      Math.log10(
        Math.SQRT2 * Math.sqrt(middle.reduce((sum, value) => sum + value * value, 0) / middle.length),
      )
    );
  };
  for (const frequency of [50, 1000, 4000, 7000])
    expect(Math.abs(await loudness(frequency))).toBeLessThan(0.05);
  for (const frequency of [8000, 8100, 9000, 12_000, 20_000])
    expect(await loudness(frequency)).toBeLessThan(-80);
});

test("a constant stays one in every phase, also where rates share no factor", async () => {
  for (const to of [16_000, 7_919, 44_100]) {
    const { samples } = await resample({ sampleRate: 11_027, samples: new Float32Array(4000).fill(0.5) }, to);
    const middle = samples.subarray(samples.length >> 2, samples.length - (samples.length >> 2));
    expect(furthest(middle, new Float32Array(middle.length).fill(0.5))).toBeLessThan(1e-6);
  }
});

test("an odd pair of rates whose weights are too many to keep", async () => {
  const samples = Float32Array.from({ length: 40_000 }, (_, n) =>
    Math.sin((2 * Math.PI * 500 * n) / 383_987),
  );
  const { samples: out } = await resample({ sampleRate: 383_987, samples }, 16_001);
  const exact = Float32Array.from(out, (_, n) => Math.sin((2 * Math.PI * 500 * n) / 16_001));
  expect(furthest(out.subarray(200, 1400), exact.subarray(200, 1400))).toBeLessThan(1e-4);
});

test("resampling gives way to the event loop, and stops when it is told to", async () => {
  const minutes = { sampleRate: 44_100, samples: new Float32Array(44_100 * 120) };
  // In time of the processor: on a busy machine others have the rest.
  const spent = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  let turns = 0;
  let longest = 0;
  let last = spent();
  const turn = () => {
    turns++;
    longest = Math.max(longest, spent() - last);
    last = spent();
    waiting = setImmediate(turn);
  };
  let waiting = setImmediate(turn);
  const before = spent();
  await resample(minutes, 16_000);
  clearImmediate(waiting);
  expect(longest).toBeLessThan((spent() - before) / 5);
  expect(turns).toBeGreaterThan(100);
  const abort = new AbortController();
  const begun = resample(minutes, 16_000, abort.signal);
  abort.abort();
  await expect(begun).rejects.toMatchObject({ code: "ABORTED" });
});

test("a sound that would grow beyond the limit is refused before memory is taken", async () => {
  const samples = new Float32Array(MAX_SAMPLES / 8);
  await expect(resample({ sampleRate: 1000, samples }, 16_000)).rejects.toMatchObject({
    code: "MEDIA_SOUND_TOO_LONG",
  });
});

test("what is written is read again, to the step of 16 bits", () => {
  const samples = Float32Array.of(0, 0.25, -0.5, 1, -1, 3);
  const { samples: read } = readWav(writeWav({ sampleRate: 22_050, samples }));
  expect(furthest(read, Float32Array.of(0, 0.25, -0.5, 1, -1, 1))).toBeLessThan(1 / 30_000);
});
