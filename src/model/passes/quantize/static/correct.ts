import { codeOf } from "../channels.ts";
import { floatRuns } from "../floats.ts";
import type { Core } from "./core.ts";

/** The axis of what is given along which the channels of weights lie, from the end where below 0. */
export function channelAxisOf({ node }: Core): number {
  return node.op === "Conv" ? 1 : -1;
}

/**
 * By how much rounding its weights moves the mean of each channel that comes out, since what is given is not 0 on average: the bias
 * takes it back (Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019, 4.2). What
 * convolutions read beyond the border is left out of account.
 * @param most the largest code of a weight
 * @param means of the channels that are given; null where they are not known
 * @returns null where nothing can be said
 */
export async function shiftsOf(
  { node, weight, length, areRows, channels }: Core,
  scales: Float32Array,
  most: number,
  means: Float64Array | null,
  signal?: AbortSignal,
): Promise<Float64Array | null> {
  if (!means) return null;
  const { shape } = weight.constant;
  const isConvolution = node.op === "Conv";
  // Of a convolution, elements of a row that belong to one channel, and channels that a group of rows reads.
  const each = isConvolution ? length / (shape[1] as number) : 1;
  const read = isConvolution ? (shape[1] as number) : means.length;
  const groups = means.length / read;
  const inputs = areRows ? length / each : weight.constant.byteLength / 4 / channels;
  if (inputs !== read || !Number.isInteger(groups) || channels % groups !== 0) return null;
  const shifts = new Float64Array(channels);
  let row = 0;
  for await (const run of floatRuns(weight.constant, length, signal)) {
    for (let at = 0; at < run.length; at += length, row++) {
      const first = areRows ? Math.floor((row * groups) / channels) * read : row;
      for (let i = 0; i < length; i++) {
        const channel = areRows ? row : i;
        const scale = scales[channel] as number;
        const element = run[at + i] as number;
        const apart = codeOf(element, scale, most) * scale - element;
        const mean = means[areRows ? first + Math.floor(i / each) : first] as number;
        shifts[channel] = (shifts[channel] as number) + apart * mean;
      }
    }
  }
  return shifts;
}
