// What tests/fixtures/tflite/record.py keeps of an output: some of its values, and what holds the others.
import { type DType, type Tensor, tensorFromBytes } from "../../../src/model/tensor/index.ts";
import { numbersOf, valuesDisagree } from "./agree.ts";
import { sampled } from "./draw.ts";

/** As record.py takes them. */
const SAMPLES = 256;
const STEP_SAMPLES = 2048;

/** What is recorded of an output of a frame. */
export interface Recorded {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The most by which sets of kernels differ. */
  readonly noise: number;
  /** Of quantised values, in the unit of the output; absent where there are none. */
  readonly step?: number;
  /** Base64 of the sampled values. */
  readonly values: string;
  readonly least?: number;
  readonly most?: number;
  readonly mean?: number;
}

/** The recorded values of an output, and the places that they have in it. */
export function recordedValues({ dtype, shape, values, step }: Recorded): {
  places: number[];
  wanted: number[];
} {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const places = sampled(count, step === undefined ? SAMPLES : STEP_SAMPLES);
  const tensor = tensorFromBytes(
    dtype as Exclude<DType, "string">,
    [places.length],
    Buffer.from(values, "base64"),
  );
  return { places, wanted: numbersOf(tensor) };
}

/** In what an answer differs in type and shape; null where it does not. */
export function formDisagrees({ dtype, shape }: Recorded, answer: Tensor | undefined): string | null {
  if (!answer) return "is missing";
  if (answer.dtype !== dtype) return `is ${answer.dtype}, not ${dtype}`;
  return answer.shape.join() === shape.join() ? null : `has the shape [${answer.shape}], not [${shape}]`;
}

/** What is wrong with an answer; null where it agrees. */
export function recordedDisagrees(recorded: Recorded, answer: Tensor | undefined): string | null {
  const form = formDisagrees(recorded, answer);
  if (form || !answer) return form;
  const { step = 0, noise, least = 0, most = 0, mean } = recorded;
  const { places, wanted } = recordedValues(recorded);
  const numbers = numbersOf(answer);
  const bound = { noise, step, real: recorded.dtype.startsWith("float"), largest: Math.max(-least, most) };
  const values = valuesDisagree(
    wanted,
    places.map((place) => numbers[place] as number),
    bound,
  );
  if (values || mean === undefined || places.length === numbers.length) return values;
  // What was not sampled is held by its extremes and its mean.
  const finite = numbers.filter(Number.isFinite);
  const extremes = [
    finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    finite.reduce((a, b) => a + b, 0) / finite.length,
  ];
  const problem = valuesDisagree([least, most, mean], extremes, bound);
  return problem && `: of its least, largest and mean value one ${problem}`;
}
