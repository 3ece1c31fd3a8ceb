/** When somebody speaks, in seconds from the start of the sound. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** How probabilities of frames become segments; times in seconds. */
export interface SegmentOptions {
  /** A frame of at least this probability begins a segment. */
  readonly threshold: number;
  /** A segment begins to end below this. */
  readonly negativeThreshold: number;
  /** Shorter segments are dropped. */
  readonly minSpeech: number;
  /** A segment ends after so much silence. */
  readonly minSilence: number;
  /** Added at either end of a segment. */
  readonly pad: number;
}

/** What Silero's own get_speech_timestamps uses. */
export function sileroDefaults(threshold: number): SegmentOptions {
  return {
    threshold,
    negativeThreshold: Math.max(threshold - 0.15, 0.01),
    minSpeech: 0.25,
    minSilence: 0.1,
    pad: 0.03,
  };
}

/** Finds the segments while the frames come; all positions are samples. */
export class SegmentFinder {
  readonly #options: SegmentOptions;
  readonly #frame: number;
  readonly #rate: number;
  readonly #found: { start: number; end: number }[] = [];
  #position = 0;
  #start: number | null = null;
  /** Where the silence began that may end the segment; 0: nowhere. */
  #silence = 0;

  constructor(options: SegmentOptions, frame: number, sampleRate: number) {
    this.#options = options;
    this.#frame = frame;
    this.#rate = sampleRate;
  }

  get speaking(): boolean {
    return this.#start !== null;
  }

  /** Takes the next frame's probability. */
  add(probability: number): void {
    const { threshold, negativeThreshold, minSpeech, minSilence } = this.#options;
    const at = this.#position;
    this.#position += this.#frame;
    if (probability >= threshold) {
      this.#silence = 0;
      this.#start ??= at;
      return;
    }
    if (this.#start === null || probability >= negativeThreshold) return;
    if (this.#silence === 0) this.#silence = at;
    if (at - this.#silence < minSilence * this.#rate) return;
    if (this.#silence - this.#start > minSpeech * this.#rate) {
      this.#found.push({ start: this.#start, end: this.#silence });
    }
    this.#start = null;
    this.#silence = 0;
  }

  /** The segments of a sound of so many samples, widened by the padding, in seconds. */
  finish(samples: number): Segment[] {
    const { minSpeech, pad } = this.#options;
    const found = [...this.#found];
    if (this.#start !== null && samples - this.#start > minSpeech * this.#rate) {
      found.push({ start: this.#start, end: samples });
    }
    const margin = pad * this.#rate;
    // A gap too short for both paddings is shared.
    return found.map(({ start, end }, i) => {
      const before = found[i - 1]?.end;
      const after = found[i + 1]?.start;
      const left =
        before === undefined ? Math.min(margin, start) : Math.min(margin, Math.floor((start - before) / 2));
      const right =
        after === undefined
          ? Math.min(margin, samples - end)
          : Math.min(margin, Math.floor((after - end) / 2));
      return { start: this.#seconds(start - left), end: this.#seconds(end + right) };
    });
  }

  #seconds(samples: number): number {
    return Math.round((samples / this.#rate) * 1000) / 1000;
  }
}
