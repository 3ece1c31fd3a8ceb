// The bound that a server is measured against: one process, no network, no protocol. Decodes the
// JPEGs with sharp and calls a bare session.run, one picture after the other.
// usage: node loop.js <model.onnx> <folder of JPEGs> <count> <serial | overlapped> <threads>
// Reads lines from stdin: "<seconds>" runs so long and prints {requests, micros, p50, p90, p99, max};
// "answers" prints [{label, score}, …], one a picture.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";

const [model, folder, count, mode, threads] = process.argv.slice(2);
const pictures = Array.from({ length: Number(count) }, (_, i) => readFileSync(`${folder}/${i}`));
const session = await InferenceSession.create(model, { intraOpNumThreads: Number(threads) });
const [input] = session.inputNames;
const [output] = session.outputNames;
const SIDE = 224;
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

// value × scale + shift in place of two divisions and a subtraction.
const SCALE = DEVIATION.map((d) => 1 / 255 / d);
const SHIFT = MEAN.map((m, c) => -m / DEVIATION[c]);

const decode = (jpeg) => sharp(jpeg).raw().toBuffer();

async function infer(pixels) {
  const plane = SIDE * SIDE;
  const data = new Float32Array(3 * plane);
  for (let i = 0, p = 0; i < plane; i++, p += 3) {
    data[i] = pixels[p] * SCALE[0] + SHIFT[0];
    data[plane + i] = pixels[p + 1] * SCALE[1] + SHIFT[1];
    data[2 * plane + i] = pixels[p + 2] * SCALE[2] + SHIFT[2];
  }
  const results = await session.run({ [input]: new Tensor("float32", data, [1, 3, SIDE, SIDE]) });
  return results[output].data;
}

function best(logits) {
  let label = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[label]) label = i;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - logits[label]);
  return { label: String(label), score: 1 / sum };
}

async function measure(seconds) {
  const times = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  let next = decode(pictures[0]);
  let now = start;
  for (let i = 1; now < end; i++) {
    const pixels = await next;
    // Overlapped: sharp's own threads decode the next picture while this one is computed.
    if (mode === "overlapped") next = decode(pictures[i % pictures.length]);
    best(await infer(pixels));
    if (mode === "serial") next = decode(pictures[i % pictures.length]);
    const after = performance.now();
    times.push((after - now) * 1000);
    now = after;
  }
  // Untyped sort compares text.
  times.sort((a, b) => a - b);
  const at = (part) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))]);
  const micros = Math.round((now - start) * 1000);
  return { requests: times.length, micros, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

async function answers() {
  const all = [];
  for (const jpeg of pictures) all.push(best(await infer(await decode(jpeg))));
  return all;
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = line === "answers" ? await answers() : await measure(Number(line));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
