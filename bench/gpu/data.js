// What models.py wrote, as feeds.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ARRAYS = { float32: Float32Array, int64: BigInt64Array };

/** @returns {Record<string, { dtype: string, shape: number[], data: Float32Array | BigInt64Array }>} the first rows of each input */
export function readFeeds(folder, { inputs }, batch) {
  return Object.fromEntries(
    inputs.map(({ name, dtype, shape, file }) => {
      const all = readFileSync(join(folder, file));
      const Elements = ARRAYS[dtype];
      const count = shape.reduce((product, dim) => product * dim, batch);
      const data = new Elements(count);
      new Uint8Array(data.buffer).set(all.subarray(0, data.byteLength));
      return [name, { dtype, shape: [batch, ...shape], data }];
    }),
  );
}

/** The answer in float64, rounded to float32, of the first rows; the rest of the file is other rows'. */
export function readExpected(folder, { expected, rows }, batch) {
  const bytes = readFileSync(join(folder, expected));
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return all.subarray(0, (all.length / rows) * batch);
}

/** The largest difference over the largest magnitude of the expected answer; NaN is infinitely wrong. */
export function relativeError(answer, expected) {
  if (answer.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 0;
  for (const [i, value] of expected.entries()) {
    const off = Math.abs(answer[i] - value);
    if (!(off <= Number.MAX_VALUE)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, off);
    magnitude = Math.max(magnitude, Math.abs(value));
  }
  return difference / magnitude;
}

/** Megabytes in use on the first NVIDIA device by everybody; null where there is none to ask. */
export function deviceMemory() {
  try {
    const words = ["--query-gpu=memory.used", "--format=csv,noheader,nounits"];
    return Number(execFileSync("nvidia-smi", words, { encoding: "utf8" }).split("\n")[0]);
  } catch {
    return null;
  }
}

/** Times in milliseconds of a run after the other, after a warm-up of half as long. */
export async function timeRuns(run, seconds) {
  const start = performance.now();
  for (let i = 0; i < 3 || performance.now() - start < seconds * 500; i++) await run();
  const times = [];
  const until = performance.now() + seconds * 1000;
  while (times.length < 5 || performance.now() < until) {
    const before = performance.now();
    await run();
    times.push(performance.now() - before);
  }
  return times;
}

export function quantile(times, part) {
  return [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))];
}
