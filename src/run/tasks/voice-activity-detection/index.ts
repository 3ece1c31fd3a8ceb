import type { AudioInput, ProbabilityOutput } from "../../../model/contract/contract.ts";
import { inputOf, mainSession, numberOption, outputOf } from "../inputs.ts";
import { floatsOf } from "../scores.ts";
import { speakExample } from "../sound-example.ts";
import { type GivenSound, readSoundInput, SOUND_TYPES, soundTensor } from "../sound-input.ts";
import { warnOfSound } from "../sound-warnings.ts";
import type { Task } from "../task.ts";
import { head } from "./head.ts";
import { type Segment, SegmentFinder, sileroDefaults } from "./segments.ts";

const ID = head.id;
/** Frames between two partial answers: half a second of Silero's. */
const FRAMES_A_PART = 16;

export interface VoiceActivity {
  readonly segments: readonly Segment[];
  /** The probability of speech in each whole frame. */
  readonly frames: readonly number[];
}

/** Finds where somebody speaks, frame by frame through one stream. Option: `threshold`, from 0 to 1. */
export const voiceActivityDetection: Task = {
  ...head,
  accepts: { kind: "audio", mediaTypes: SOUND_TYPES },
  options: ["threshold"],
  answer: {
    type: "object",
    required: ["segments", "frames"],
    properties: {
      segments: {
        type: "array",
        description: "Where somebody speaks, in seconds from the start.",
        items: {
          type: "object",
          required: ["start", "end"],
          properties: { start: { type: "number", minimum: 0 }, end: { type: "number", minimum: 0 } },
        },
      },
      frames: {
        type: "array",
        description: "The probability of speech in each whole frame.",
        items: { type: "number", minimum: 0, maximum: 1 },
      },
    },
  },
  async *run(context, given, signal) {
    const { contract, options } = context;
    const input = inputOf(contract, "audio") as AudioInput;
    const { output } = outputOf(contract, "probability") as { output: ProbabilityOutput };
    const threshold = numberOption(options, "threshold", output.threshold, 0, 1);
    const sound = await readSoundInput(given, input, Object.keys(contract.inputs), signal);
    const { samples, sampleRate } = sound;
    const size = input.frame ?? samples.length;
    const finder = new SegmentFinder(sileroDefaults(threshold), size, sampleRate);
    const session = mainSession(context);
    const spec = session.signature.inputs.find(({ name }) => name === input.tensor);
    const stateful = Object.keys(contract.states).length > 0;
    const frameRunner = stateful ? session.stream() : session;
    const whole = Math.floor(samples.length / size);
    const frames: number[] = [];
    for (let at = 0, sent = 0; at < samples.length; at += size) {
      const frame = cutFrame(samples, at, size, input.context);
      const outputs = await frameRunner.run(
        { [input.tensor]: soundTensor(frame, spec) },
        { outputs: [output.tensor], ...(signal ? { signal } : {}) },
      );
      const { values, shown } = floatsOf(outputs, output.tensor, ID);
      const probability = Number(values[0]);
      finder.add(probability);
      // The rest at the end is filled with silence: it may end a segment, but it is no frame of the sound.
      if (frames.length < whole) frames.push(shown(probability));
      if (frames.length - sent === FRAMES_A_PART) {
        const time = (at + size) / sampleRate;
        yield { type: "partial", value: { time, speaking: finder.speaking, frames: frames.slice(sent) } };
        sent = frames.length;
      }
    }
    const answer: VoiceActivity = { segments: finder.finish(samples.length), frames };
    yield { type: "answer", value: answer, warnings: warnOf(sound, size, answer.segments) };
  },
  example: async (contract) => {
    const input = inputOf(contract, "audio");
    return input ? speakExample(input.sampleRate) : null;
  },
  print: (answer) => {
    const { segments } = answer as VoiceActivity;
    if (segments.length === 0) return "nobody speaks";
    return segments.map(({ start, end }) => `${start.toFixed(2)} s to ${end.toFixed(2)} s`).join("\n");
  },
};

/** A frame with the samples before it in front; silence where the sound has not begun or has ended. */
function cutFrame(samples: Float32Array, at: number, size: number, context: number): Float32Array {
  const frame = new Float32Array(context + size);
  const from = Math.max(0, at - context);
  frame.set(samples.subarray(from, Math.min(at + size, samples.length)), from - (at - context));
  return frame;
}

/** So long a sound, of music, noise or a tone, deserves more than that nobody speaks in it. */
const LONG_S = 1;

/** Part of what is heard in a sound below which its speech may be a beat or a note that was taken for it. Somebody who speaks in noise as loud as the voice for a third of the time has 0.4. */
const LEAST_SPEECH = 0.2;

function warnOf(sound: GivenSound, size: number, segments: readonly Segment[]): string[] {
  const { samples, sampleRate, given } = sound;
  if (samples.length < size) {
    const frame = Math.round((size / sampleRate) * 1000);
    return [`The sound is shorter than one frame of ${frame} ms.`];
  }
  const warnings = warnOfSound(given, sampleRate);
  if (warnings.length > 0 || samples.length < LONG_S * sampleRate) return warnings;
  if (segments.length === 0) {
    return [
      "Nobody speaks in a sound that is not silent: it may be music, noise or a tone, or its file states a wrong rate.",
    ];
  }
  const part = partWithin(sound, segments);
  if (part >= LEAST_SPEECH) return [];
  return [
    `Of what is heard in the sound, ${Math.round(100 * (1 - part))} % is no speech: it may be music, noise or tones, and what was taken for speech one of them.`,
  ];
}

/** The part of a sound's energy that lies within the segments, 0 to 1. */
function partWithin({ samples, sampleRate }: GivenSound, segments: readonly Segment[]): number {
  const energy = (from: number, to: number) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += (samples[i] as number) ** 2;
    return sum;
  };
  const at = (seconds: number) => Math.min(Math.round(seconds * sampleRate), samples.length);
  const within = segments.reduce((sum, { start, end }) => sum + energy(at(start), at(end)), 0);
  const all = energy(0, samples.length);
  return all > 0 ? within / all : 1;
}
