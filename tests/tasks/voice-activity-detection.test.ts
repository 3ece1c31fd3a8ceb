import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { AudioInput } from "../../src/model/contract/contract.ts";
import { writeWav } from "../../src/run/media/audio/index.ts";
import type { LoadedModel } from "../../src/run/pipeline/index.ts";
import type { TaskInput } from "../../src/run/tasks/index.ts";
import type { VoiceActivity } from "../../src/run/tasks/voice-activity-detection/index.ts";
import { voiceActivityDetection } from "../../src/run/tasks/voice-activity-detection/index.ts";
import { packageFile } from "../models.ts";
import { JFK, SILERO_V4, SILERO_V5 } from "../packages.ts";
import { answerOf, ask, bytes, json, loadModel, ROOT, sessionOf, taskFile } from "./task.ts";

/** What onnxruntime and Silero's own code made of jfk.wav: jfk.py. */
const expected = JSON.parse(taskFile("jfk.json").toString()) as {
  frames: number[];
  segments: [number, number][];
  silence: number;
};

/** A WAV of 16-bit samples at 16 kHz, whose right channel is made from the left. */
function stereo(left: Float32Array, right: (value: number) => number): Buffer {
  const wav = Buffer.alloc(44 + 4 * left.length);
  wav.write("RIFF    WAVEfmt ", 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(2, 22);
  wav.writeUInt32LE(16_000, 24);
  wav.writeUInt32LE(64_000, 28);
  wav.writeUInt16LE(4, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(4 * left.length, 40);
  left.forEach((value, i) => {
    wav.writeInt16LE(Math.trunc(32_767 * value), 44 + 4 * i);
    wav.writeInt16LE(Math.trunc(32_767 * right(value)), 46 + 4 * i);
  });
  return wav;
}

describe("Silero, version 5", () => {
  let silero: LoadedModel | null = null;
  let jfk = Buffer.alloc(0);
  afterAll(() => silero?.close());

  const detect = (input: TaskInput, options: Record<string, unknown> = {}, signal?: AbortSignal) =>
    answerOf<VoiceActivity>((silero as LoadedModel).predict(input, signal, options));
  /** A test that needs the model and the sound. */
  const heard = (name: string, run: () => Promise<void>) =>
    test(name, async (context) => {
      const model = await packageFile(context, ...SILERO_V5);
      jfk = await readFile(await packageFile(context, ...JFK));
      silero ??= await loadModel(model);
      await run();
    });

  heard(
    "hears speech in 214 of the 343 frames of jfk.wav, in the segments of Silero's own code",
    async () => {
      const { value, warnings } = await detect(bytes(jfk));
      expect(warnings).toEqual([]);
      expect(value.frames).toHaveLength(343);
      expect(value.frames.filter((frame) => frame > 0.5)).toHaveLength(214);
      // The 344th is filled up with silence and no frame of the sound.
      for (const [i, frame] of value.frames.entries())
        expect(frame).toBeCloseTo(expected.frames[i] as number, 4);
      expect(value.segments.map(({ start, end }) => [start, end])).toEqual(expected.segments);
    },
  );

  heard("says of a first frame of silence 0.0120, and warns of silence", async () => {
    const { value, warnings } = await detect(
      bytes(writeWav({ sampleRate: 16_000, samples: new Float32Array(512) })),
    );
    expect(value.frames).toEqual([expect.closeTo(0.012, 4)]);
    expect(value.frames[0]).toBeCloseTo(expected.silence, 5);
    expect(value.segments).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/silent/)]);
  });

  heard("gives its frames as they come, half a second at a time", async () => {
    const { value, partials } = await detect(bytes(jfk));
    const parts = partials as { time: number; speaking: boolean; frames: number[] }[];
    expect(parts).toHaveLength(21);
    expect(parts.flatMap(({ frames }) => frames)).toEqual(value.frames.slice(0, 336));
    expect(parts.map(({ time }) => time)).toEqual(parts.map((_, i) => expect.closeTo((i + 1) * 0.512, 9)));
    // In the middle of a pause and of a word, as the segments have it; the end of a segment is known 0.1 s later.
    const at = (seconds: number) => parts.find(({ time }) => time >= seconds);
    expect([at(1)?.speaking, at(2.5)?.speaking, at(6)?.speaking]).toEqual([true, false, true]);
  });

  heard("writes each probability with the digits that float32 holds", async () => {
    const { value } = await detect(bytes(jfk));
    for (const frame of value.frames) {
      expect(String(frame).replace(/^0\.0*|\.|e.*$/g, "").length).toBeLessThanOrEqual(9);
    }
    expect(value.frames.some((frame) => Math.fround(frame) !== frame)).toBe(true);
  });

  heard("takes base64, samples as JSON and as a tensor alike", async () => {
    const data = new Int16Array(Uint8Array.from(jfk.subarray(-32_000)).buffer);
    const samples = Float32Array.from(data, (value) => value / 32_768);
    const { value: file } = await detect(bytes(writeWav({ sampleRate: 16_000, samples })));
    const base64 = Buffer.from(writeWav({ sampleRate: 16_000, samples })).toString("base64");
    const others: TaskInput[] = [
      { kind: "text", text: base64 },
      json({ audio: `data:audio/wav;base64,${base64}` }),
      json({ inputs: [...samples] }),
      json([[...samples]]),
      { kind: "tensors", tensors: { input: { dtype: "float32", shape: [1, 16_000], data: samples } } },
    ];
    expect(file.frames).toHaveLength(31);
    for (const input of others) {
      const { value } = await detect(input);
      for (const [i, frame] of value.frames.entries()) {
        expect(frame).toBeCloseTo(file.frames[i] as number, 3);
      }
    }
  });

  heard("each question begins with silence behind it: two at once do not mix", async () => {
    const [one, two] = await Promise.all([detect(bytes(jfk)), detect(bytes(jfk))]);
    expect(two.value).toEqual(one.value);
  });

  heard("a threshold that nothing reaches, and one that everything does", async () => {
    expect((await detect(bytes(jfk), { threshold: 1 })).value.segments).toEqual([]);
    const { segments } = (await detect(bytes(jfk), { threshold: 0 })).value;
    expect(segments).toEqual([{ start: 0, end: 11 }]);
    await expect(detect(bytes(jfk), { threshold: 1.5 })).rejects.toMatchObject({ code: "TASK_OPTION" });
    await expect(detect(bytes(jfk), { threshold: "low" })).rejects.toMatchObject({ code: "TASK_OPTION" });
  });

  heard("stops where the caller goes away", async () => {
    const control = new AbortController();
    const events = (silero as LoadedModel).predict(bytes(jfk), control.signal);
    await events.next();
    control.abort();
    await expect(answerOf(events)).rejects.toMatchObject({ code: "ABORTED" });
  });

  heard("what is no sound is refused by its code", async () => {
    const cases: [TaskInput, string][] = [
      [bytes(Buffer.from("not a sound")), "MEDIA_SOUND_UNKNOWN"],
      [{ kind: "text", text: "§" }, "TASK_BASE64"],
      [json({ sound: 1 }), "TASK_INPUT_KIND"],
      [{ kind: "tensors", tensors: {} }, "TASK_INPUT_KIND"],
      [json([]), "MEDIA_SOUND_EMPTY"],
      [
        json([
          [0, 1],
          [2, 3],
        ]),
        "TASK_TENSOR_SHAPE",
      ],
      [json([0, "loud"]), "TASK_TENSOR_VALUE"],
      [json([0, [1]]), "TASK_TENSOR_RAGGED"],
    ];
    for (const [input, code] of cases) await expect(detect(input)).rejects.toMatchObject({ code });
  });

  heard("sounds unlike speech, or unlike what the model learned from, get a warning", async () => {
    const rate = 16_000;
    const warned = async (wav: Parameters<typeof writeWav>[0] | Uint8Array) =>
      (await detect(bytes(wav instanceof Uint8Array ? wav : writeWav(wav)))).warnings.join("\n");
    const made = (f: (time: number) => number, seconds = 3, sampleRate = rate) => ({
      sampleRate,
      samples: Float32Array.from({ length: seconds * sampleRate }, (_, i) => f(i / sampleRate)),
    });
    const tone = (time: number) => 0.5 * Math.sin(2 * Math.PI * 440 * time);
    const words = Float32Array.from(
      new Int16Array(Uint8Array.from(jfk.subarray(44)).buffer),
      (v) => v / 32_768,
    );
    const changed = (f: (value: number) => number, sampleRate = rate) => ({
      sampleRate,
      samples: words.map(f),
    });
    expect(await warned(made(tone))).toMatch(/Nobody speaks .* music, noise or a tone/);
    const chord = (time: number) => Math.exp(-2 * (time % 0.5)) * (tone(time) + tone(time * 1.26)) * 0.7;
    expect(await warned(made(chord, 3, 44_100))).toMatch(/Nobody speaks/);
    const random = (time: number) => 0.3 * Math.sin(1e7 * Math.sin(1e5 * time));
    expect(await warned(made(random))).toMatch(/Nobody speaks/);
    // A bass of seven harmonics, whose first note is taken for speech, and a tone that rises.
    const bass = (time: number) => {
      const pitch = [110, 130, 98, 147][Math.floor(2 * time) % 4] ?? 0;
      const part = time % 0.5;
      let sum = 0;
      for (let k = 1; k < 8; k++) sum += Math.sin(2 * Math.PI * pitch * k * part) / k;
      return 0.2 * sum * Math.exp(-3 * part);
    };
    expect(await warned(made(bass, 6))).toMatch(/9\d % is no speech: it may be music|Nobody speaks/);
    const rise = (time: number) => 0.5 * Math.sin(2 * Math.PI * (100 + 600 * time) * time);
    expect(await warned(made(rise, 6))).toMatch(/9\d % is no speech: it may be music|Nobody speaks/);
    // Sped up, as a file that states a wrong rate is.
    expect(await warned(changed((value) => value, 44_100))).toMatch(/states a wrong rate/);
    expect(await warned(made(() => 0))).toMatch(/silent/);
    expect(await warned(made(tone, 0.003))).toMatch(/shorter than one frame of 32 ms/);
    expect(await warned(made((time) => tone(time) / 100))).toMatch(/very quiet, its peak 0\.50 %/);
    expect(await warned(changed((value) => 0.5 + value / 2))).toMatch(/constant offset of 0\.50/);
    expect(await warned(changed((value) => Math.max(-1, Math.min(1, 20 * value))))).toMatch(
      /clipped, in \d\d %/,
    );
    const telephone = { sampleRate: 8_000, samples: words.filter((_, i) => i % 2 === 0) };
    expect(await warned(telephone)).toMatch(/8000 samples a second .* above 4000 Hz is missing/);
    expect(await warned(stereo(words, (value) => -value))).toMatch(/cancel each other out/);
    expect(await warned(stereo(words, () => 0))).toMatch(/1 of 2 channels are silent/);
    expect(await warned(stereo(words, (value) => value / 2))).toBe("");
    expect(await warned(changed((value) => value))).toBe("");
  });

  heard("the example that is drawn is heard as speech", async () => {
    const example = await voiceActivityDetection.example((silero as LoadedModel).opened.contract);
    const { value, warnings } = await detect(bytes(example?.bytes ?? new Uint8Array()));
    expect(warnings).toEqual([]);
    expect(value.segments.length).toBeGreaterThan(0);
    const recorded = await detect(
      bytes(await readFile(join(ROOT, "examples/models/voice-activity/speech.wav"))),
    );
    expect(recorded.value.segments.length).toBeGreaterThan(0);
  });
});

test("Silero, version 4, in frames of 1536: 78 of 114", async (context) => {
  const model = await loadModel(await packageFile(context, ...SILERO_V4));
  try {
    const { contract } = model.opened;
    (contract.inputs.audio as AudioInput).frame = 1536;
    const sound = await readFile(await packageFile(context, ...JFK));
    const { value } = await answerOf<VoiceActivity>(model.predict(bytes(sound)));
    expect([value.frames.length, value.frames.filter((frame) => frame > 0.5).length]).toEqual([114, 78]);
  } finally {
    await model.close();
  }
});

const audio: AudioInput = { kind: "audio", tensor: "x", sampleRate: 1000, frame: 4, context: 3 };
const contract = {
  inputs: { audio },
  outputs: { speech: { kind: "probability" as const, tensor: "p", threshold: 0.5 } },
  states: { h: { input: "h", output: "hn", start: "zero" as const } },
};

describe("frames", () => {
  const signature = { inputs: [{ name: "x", dtype: "float32" as const, shape: [null, null] }], outputs: [] };
  const quiet = () => ({ p: { dtype: "float32" as const, shape: [1, 1], data: Float32Array.of(0.25) } });
  const samples = Array.from({ length: 10 }, (_, i) => (i + 1) / 16);

  test("each has the samples before it in front, silence before the first and after the last", async () => {
    const session = sessionOf(signature, quiet);
    const { value } = await ask<VoiceActivity>(voiceActivityDetection, session, contract, json(samples));
    const fed = session.fed.map(({ x }) => Array.from(x?.data as Float32Array, (each) => each * 16));
    expect(fed).toEqual([
      [0, 0, 0, 1, 2, 3, 4],
      [2, 3, 4, 5, 6, 7, 8],
      [6, 7, 8, 9, 10, 0, 0],
    ]);
    expect(session.fed.map(({ x }) => x?.shape)).toEqual([
      [1, 7],
      [1, 7],
      [1, 7],
    ]);
    expect(value).toEqual({ segments: [], frames: [0.25, 0.25] });
  });

  test("bare samples where the model takes one dimension", async () => {
    const bare = { inputs: [{ name: "x", dtype: "float32" as const, shape: [7] }], outputs: [] };
    const session = sessionOf(bare, quiet);
    await ask(voiceActivityDetection, session, contract, json(samples));
    expect(session.fed[0]?.x?.shape).toEqual([7]);
  });

  test("a sound shorter than a frame, one of unscaled numbers, and silence get a warning", async () => {
    const warned = async (values: number[]) =>
      (
        await ask(voiceActivityDetection, sessionOf(signature, quiet), contract, json(values))
      ).warnings.join();
    expect(await warned([0.5, 0.5])).toMatch(/shorter than one frame of 4 ms/);
    expect(await warned([300, -20_000, 1, 1])).toMatch(/beyond -1 to 1/);
    expect(await warned([0, 0, 0, 0, 0])).toMatch(/silent/);
    expect(await warned([0.25, -0.5, 0.5, -0.25, 0.25])).toBe("");
  });

  test("a sound that is not a number is refused", async () => {
    const x = { dtype: "float32" as const, shape: [1, 4], data: Float32Array.of(0, 1, Number.NaN, 0) };
    const given: TaskInput = { kind: "tensors", tensors: { x } };
    const session = sessionOf(signature, quiet);
    await expect(ask(voiceActivityDetection, session, contract, given)).rejects.toMatchObject({
      code: "TASK_TENSOR_VALUE",
    });
  });

  test("a model that gives no numbers is named", async () => {
    const words = sessionOf(signature, () => ({ p: { dtype: "string", shape: [1], data: ["speech"] } }));
    await expect(ask(voiceActivityDetection, words, contract, json(samples))).rejects.toMatchObject({
      code: "TASK_OUTPUT",
    });
  });
});
