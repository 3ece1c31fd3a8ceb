export { resample } from "./resample.ts";
export { MAX_RATE, MAX_SAMPLES, MIN_RATE, type Sound } from "./sound.ts";
export { readWav } from "./wav.ts";
export { writeWav } from "./write-wav.ts";
