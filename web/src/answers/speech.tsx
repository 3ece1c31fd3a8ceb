import { useEffect, useState } from "preact/hooks";
import { decode } from "../sound/decode.ts";
import type { AnswerProps } from "./given-answer.ts";

interface Activity {
  readonly segments: readonly { start: number; end: number }[];
  readonly frames: readonly number[];
}

/** The drawing's size in its own units, and the columns that a waveform is summed up in. */
const WIDTH = 600;
const HEIGHT = 120;
const COLUMNS = 300;

/** Where somebody speaks: the segments over the sound, the probability of each frame as a line, and the times. */
export function Speech({ answer, given }: AnswerProps) {
  const { segments, frames } = answer as Activity;
  const wave = useWave(given.input);
  const seconds = wave?.seconds ?? Math.max(0.001, ...segments.map(({ end }) => end));
  const x = (time: number) => (WIDTH * time) / seconds;
  const step = WIDTH / Math.max(1, frames.length);
  const curve = frames.map((value, i) => `${(i + 0.5) * step},${HEIGHT * (1 - value)}`).join(" ");
  const total = segments.reduce((sum, { start, end }) => sum + end - start, 0);
  return (
    <>
      <p class="said small">
        {segments.length === 0
          ? "Nobody speaks."
          : `Somebody speaks for ${total.toFixed(1)} of ${seconds.toFixed(1)} s.`}
      </p>
      <svg class="speech" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" preserveAspectRatio="none">
        <title>Speech over time: segments, the waveform and the probability of each frame</title>
        {segments.map(({ start, end }) => (
          <rect key={start} class="segment" x={x(start)} width={x(end) - x(start)} y={0} height={HEIGHT} />
        ))}
        {wave && <path class="wave" d={wavePath(wave.peaks)} />}
        <polyline class="probability" points={curve} />
      </svg>
      <p class="axis quiet">
        <span>0 s</span>
        <span>{seconds.toFixed(1)} s</span>
      </p>
      <p class="legend quiet">
        <span class="key segment" /> speech <span class="key wave" /> sound <span class="key probability" />{" "}
        probability, 0 to 1
      </p>
      <ol class="segments">
        {segments.map(({ start, end }) => (
          <li key={start}>
            {start.toFixed(2)} s to {end.toFixed(2)} s
          </li>
        ))}
      </ol>
    </>
  );
}

interface Wave {
  readonly seconds: number;
  /** The loudest sample of each column, beside the loudest of all. */
  readonly peaks: readonly number[];
}

/** The waveform of what was given; null until it is decoded, or where the browser cannot. */
function useWave(input: unknown): Wave | null {
  const [wave, setWave] = useState<Wave | null>(null);
  useEffect(() => {
    setWave(null);
    if (!(input instanceof Blob)) return;
    let isGone = false;
    decode(input).then(
      ({ samples, sampleRate }) => {
        if (!isGone) setWave({ seconds: samples.length / sampleRate, peaks: peaksOf(samples) });
      },
      () => {}, // The answer is drawn without it.
    );
    return () => {
      isGone = true;
    };
  }, [input]);
  return wave;
}

function peaksOf(samples: Float32Array): number[] {
  const peaks = new Array<number>(COLUMNS).fill(0);
  samples.forEach((value, i) => {
    const column = Math.floor((i * COLUMNS) / samples.length);
    peaks[column] = Math.max(peaks[column] as number, Math.abs(value));
  });
  const most = Math.max(...peaks, Number.MIN_VALUE);
  return peaks.map((peak) => peak / most);
}

function wavePath(peaks: readonly number[]): string {
  const middle = HEIGHT / 2;
  return peaks
    .map((peak, i) => {
      const x = ((i + 0.5) * WIDTH) / peaks.length;
      const reach = Math.max(0.5, 0.9 * peak * middle);
      return `M${x} ${middle - reach}V${middle + reach}`;
    })
    .join("");
}
