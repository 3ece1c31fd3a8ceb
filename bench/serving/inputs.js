// The seeded inputs of the benchmark: JSON bodies for the MLP, JPEG pictures for the ResNet.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";

/** Enough different inputs that nothing can answer from memory of the last one. */
export const BODIES = 64;
export const PICTURES = 32;
const SIDE = 224;

/** Mulberry32: a whole generator in four lines, the same numbers on every machine. */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Open Inference Protocol requests of one row of 64 floats, four decimals each. */
export function writeBodies(folder) {
  mkdirSync(folder, { recursive: true });
  const random = generator(64);
  for (let i = 0; i < BODIES; i++) {
    const data = Array.from({ length: 64 }, () => Math.round((random() * 4 - 2) * 1e4) / 1e4);
    const body = { inputs: [{ name: "input", shape: [1, 64], datatype: "FP32", data }] };
    writeFileSync(join(folder, String(i)), JSON.stringify(body));
  }
}

/** JPEGs of 224×224 with gradients, discs and grain, of about the size (20 to 30 kB) of photographs. */
export async function writePictures(folder) {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < PICTURES; i++) {
    const path = join(folder, String(i));
    if (!existsSync(path)) writeFileSync(path, await picture(generator(1000 + i)));
  }
}

function picture(random) {
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  const slopes = Array.from({ length: 9 }, () => random() * 2 - 1);
  const discs = Array.from({ length: 12 }, () => ({
    x: random() * SIDE,
    y: random() * SIDE,
    radius: 8 + random() * 50,
    color: [random() * 255, random() * 255, random() * 255],
  }));
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const disc = discs.find((d) => (d.x - x) ** 2 + (d.y - y) ** 2 < d.radius ** 2);
      for (let c = 0; c < 3; c++) {
        const ground = 128 + 100 * Math.sin((slopes[c] * x + slopes[c + 3] * y) / 30 + slopes[c + 6] * 6);
        const value = (disc ? disc.color[c] : ground) + (random() - 0.5) * 40;
        pixels[(y * SIDE + x) * 3 + c] = Math.max(0, Math.min(255, value));
      }
    }
  }
  return sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}
