// A stream of a quantised model that remembers: what it answers from frame to frame.
import type { Tensor } from "../../../src/model/tensor/index.ts";
import { numbersOf } from "./agree.ts";
import { formDisagrees, type Recorded, recordedValues } from "./recorded.ts";

/** Within one step so many frames are to be. */
const CLOSE = 0.75;
/** In steps, beyond twice the noise. */
const FURTHEST = 4;

/** What is wrong with the answers of a stream, frame by frame; null where they agree. */
export function streamDisagrees(
  frames: readonly { readonly recorded: Recorded; readonly answer: Tensor | undefined }[],
): string | null {
  let close = 0;
  for (const [number, { recorded, answer }] of frames.entries()) {
    const form = formDisagrees(recorded, answer);
    if (form || !answer) return `frame ${number} ${form}`;
    const { places, wanted } = recordedValues(recorded);
    const numbers = numbersOf(answer);
    const gap = Math.max(
      ...places.map((place, i) => Math.abs((numbers[place] ?? NaN) - (wanted[i] as number))),
    );
    if (!(gap <= FURTHEST + 2 * recorded.noise))
      return `frame ${number} is ${gap} steps off, noise ${recorded.noise}`;
    if (gap <= 1) close++;
  }
  return close >= CLOSE * frames.length ? null : `only ${close} of ${frames.length} frames are within a step`;
}
