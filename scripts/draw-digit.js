// Draws examples/models/mnist/seven.png, eight times its size, from digits.txt: the raw 28×28 pictures of 0 to 9, one byte a
// pixel, that come with mnist-8.onnx. `node scripts/draw-digit.js <digits.txt> <digit> <out.png>`
import { readFileSync } from "node:fs";
import sharp from "sharp";

const SIDE = 28;
const SCALE = 8;
const [source, digit, out] = process.argv.slice(2);
const start = Number(digit) * SIDE * SIDE;
await sharp(readFileSync(source).subarray(start, start + SIDE * SIDE), {
  raw: { width: SIDE, height: SIDE, channels: 1 },
})
  .resize(SIDE * SCALE, SIDE * SCALE, { kernel: "nearest" })
  .png({ compressionLevel: 9 })
  .toFile(out);
