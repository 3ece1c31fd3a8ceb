import type { Sound } from "../media/audio/index.ts";

/** Quieter than any recording of somebody who speaks: a microphone that is off. */
const SILENCE = 0.001;
/** 40 dB below full scale: models were trained on louder sounds. */
const QUIET = 0.01;
/** A part of the loudest sample; microphones have a hundredth of it. */
const OFFSET = 0.2;
/** A full scale that so many samples in a row reach was too small for the sound. */
const CLIPPED_RUN = 3;
/** Part of all samples from which that is heard. */
const CLIPPED_PART = 0.005;
/** Telephones have half the rate that models of speech were trained on. */
const LOW_RATE = 0.75;

/**
 * What makes a sound unlike those that a model was trained on, in a person's words; the gravest alone where nothing else
 * matters beside it.
 * @param sound as it was given, before its rate was changed
 * @param sampleRate the model's, in hertz
 */
export function warnOfSound(sound: Sound, sampleRate: number): string[] {
  return [...warnOfUnread(sound), ...warnOfSamples(sound, sampleRate)];
}

/** The answer may be that of a part, however good this part sounds. */
function warnOfUnread({ samples, sampleRate, unread }: Sound): string[] {
  if (!unread) return [];
  const heard = (samples.length / sampleRate).toFixed(2);
  return [
    `The WAV file's header says that it holds ${heard} s of sound, and ${unread.bytes} bytes follow that are none of its parts: if they are sound, ${unread.seconds.toFixed(2)} s were not heard. Record or export it again.`,
  ];
}

function warnOfSamples({ samples, sampleRate: rate, peaks }: Sound, sampleRate: number): string[] {
  const { loudest, mean, clipped } = measure(samples);
  const heard = peaks?.filter((peak) => peak >= SILENCE).length ?? 0;
  if (loudest < SILENCE) {
    return [
      heard > 1
        ? "The channels of the sound cancel each other out: send one of them alone."
        : "The sound is silent: is the microphone on?",
    ];
  }
  if (loudest > 2) return ["The samples go far beyond -1 to 1: they may not have been scaled."];
  const warnings: string[] = [];
  if (loudest < QUIET)
    warnings.push(
      `The sound is very quiet, its peak ${percent(loudest)} of full scale: speech may be missed.`,
    );
  if (Math.abs(mean) > OFFSET * loudest)
    warnings.push(`The sound has a constant offset of ${mean.toFixed(2)}: speech may be missed.`);
  if (clipped > CLIPPED_PART)
    warnings.push(`The sound is clipped, in ${percent(clipped)} of its samples: record it with less gain.`);
  if (peaks && heard < peaks.length)
    warnings.push(
      `${peaks.length - heard} of ${peaks.length} channels are silent, which makes the whole quieter: send the others alone.`,
    );
  if (rate < LOW_RATE * sampleRate)
    warnings.push(
      `The sound has ${rate} samples a second and the model hears ${sampleRate}: what a voice has above ${rate / 2} Hz is missing.`,
    );
  return warnings;
}

interface Measures {
  readonly loudest: number;
  readonly mean: number;
  /** Part of the samples that stand at full scale, several in a row. */
  readonly clipped: number;
}

function measure(samples: Float32Array): Measures {
  let loudest = 0;
  let sum = 0;
  let clipped = 0;
  let run = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    const size = Math.abs(value);
    loudest = Math.max(loudest, size);
    sum += value;
    run = size > 0.99 && value === samples[i - 1] ? run + 1 : 0;
    // The first two of a run are counted when the third comes.
    if (run >= CLIPPED_RUN - 1) clipped += run === CLIPPED_RUN - 1 ? CLIPPED_RUN : 1;
  }
  return { loudest, mean: sum / samples.length, clipped: clipped / samples.length };
}

function percent(part: number): string {
  return `${part >= 0.1 ? Math.round(100 * part) : (100 * part).toPrecision(2)} %`;
}
