import { writeWav } from "../media/audio/index.ts";
import type { TaskExample } from "./task.ts";

/** A vowel as its first three formants in hertz (Peterson and Barney 1952, men), and when it begins and ends. */
interface Vowel {
  readonly formants: readonly [number, number, number];
  readonly from: number;
  readonly to: number;
}

/** "ah-ee-oo, eh-ah" with a pause, in seconds. */
const VOWELS: readonly Vowel[] = [
  { formants: [730, 1090, 2440], from: 0.5, to: 0.8 },
  { formants: [270, 2290, 3010], from: 0.8, to: 1.05 },
  { formants: [300, 870, 2240], from: 1.05, to: 1.35 },
  { formants: [530, 1840, 2480], from: 2.1, to: 2.4 },
  { formants: [730, 1090, 2440], from: 2.4, to: 2.8 },
];
const SECONDS = 3.3;
const BANDWIDTHS = [60, 90, 150] as const;

/** Sung vowels between silences, made by a voice's two parts: a buzz of pulses, and resonances that shape it. */
export async function speakExample(sampleRate: number): Promise<TaskExample> {
  const samples = new Float32Array(Math.round(SECONDS * sampleRate));
  for (const vowel of VOWELS) addVowel(samples, vowel, sampleRate);
  const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = samples.map((value) => (0.5 * value) / loudest);
  return { mediaType: "audio/wav", bytes: writeWav({ sampleRate, samples: scaled }), name: "vowels.wav" };
}

function addVowel(samples: Float32Array, { formants, from, to }: Vowel, sampleRate: number): void {
  const start = Math.round(from * sampleRate);
  const voice = buzz(Math.round((to - from) * sampleRate), sampleRate);
  formants.forEach((frequency, i) => {
    resonate(voice, frequency, BANDWIDTHS[i] as number, sampleRate);
  });
  voice.forEach((value, i) => {
    const at = start + i;
    if (at < samples.length) samples[at] = (samples[at] as number) + value;
  });
}

/** Pulses of a falling pitch, swelling and fading. */
function buzz(length: number, sampleRate: number): Float64Array {
  const pulses = new Float64Array(length);
  let phase = 0;
  for (let i = 0; i < length; i++) {
    const part = i / length;
    const pitch = 130 - 25 * part + 3 * Math.sin((2 * Math.PI * 5 * i) / sampleRate);
    phase += pitch / sampleRate;
    if (phase < 1) continue;
    phase -= 1;
    pulses[i] = Math.min(1, 8 * part, 8 * (1 - part));
  }
  return pulses;
}

/** A two-pole resonator in place. */
function resonate(signal: Float64Array, frequency: number, bandwidth: number, sampleRate: number): void {
  const radius = Math.exp((-Math.PI * bandwidth) / sampleRate);
  const a = 2 * radius * Math.cos((2 * Math.PI * frequency) / sampleRate);
  const b = -radius * radius;
  let last = 0;
  let before = 0;
  for (let i = 0; i < signal.length; i++) {
    const value = (signal[i] as number) * (1 - a - b) + a * last + b * before;
    signal[i] = value;
    before = last;
    last = value;
  }
}
