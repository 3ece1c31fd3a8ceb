import { fail } from "../../base/errors/index.ts";
import type { AudioInput } from "../../model/contract/contract.ts";
import type { Tensor, TensorSpec } from "../../model/tensor/index.ts";
import { readWav, resample, type Sound } from "../media/audio/index.ts";
import { describeInput, fileFromText, unwrap } from "./inputs.ts";
import { soundOfLists } from "./lists.ts";
import type { TaskInput } from "./task.ts";

/** What a sound may be sent as. */
export const SOUND_TYPES = ["audio/wav", "audio/x-wav", "application/json"] as const;

/** A sound at the model's rate, and as it was given. */
export interface GivenSound extends Sound {
  readonly given: Sound;
}

/**
 * Reads what somebody gave to a task that takes a sound: a WAV file; its base64; samples of −1..1 at the model's own
 * rate as a list. The rate becomes the model's.
 * @throws TASK_INPUT_KIND, TASK_BASE64, TASK_TENSOR_*, MEDIA_SOUND_*
 */
export async function readSoundInput(
  given: TaskInput,
  input: AudioInput,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<GivenSound> {
  const { sampleRate } = input;
  const fromFile = async (bytes: Uint8Array) => {
    const sound = readWav(bytes);
    return { ...(await resample(sound, sampleRate, signal)), given: sound };
  };
  if (given.kind === "bytes") return fromFile(given.bytes);
  if (given.kind === "text") return fromFile(fileFromText(given.text));
  if (given.kind === "json") {
    const value = unwrap(given.value, [...names, input.tensor]);
    if (typeof value === "string") return fromFile(fileFromText(value));
    if (Array.isArray(value)) return asItIs({ sampleRate, samples: soundOfLists(value, input) }, input);
  } else if (given.kind === "tensors") {
    const data = given.tensors[input.tensor]?.data;
    if (data instanceof Float32Array) return asItIs({ sampleRate, samples: data }, input);
  }
  throw fail("TASK_INPUT_KIND", {
    task: "The task",
    wanted: `a sound: a WAV file, its base64, or samples from -1 to 1 at ${sampleRate} Hz`,
    given: describeInput(given),
  });
}

/** Infinity and not-a-number, which lists of numbers may have, are no sound. */
function asItIs(sound: Sound, { tensor }: AudioInput): GivenSound {
  const value = sound.samples.find((each) => !Number.isFinite(each));
  if (value !== undefined) {
    throw fail("TASK_TENSOR_VALUE", { name: tensor, value, dtype: "a sample from -1 to 1" });
  }
  return { ...sound, given: sound };
}

/** [1, samples] unless the model takes the bare samples. */
export function soundTensor(data: Float32Array, spec: TensorSpec | undefined): Tensor {
  const shape = spec?.shape?.length === 1 ? [data.length] : [1, data.length];
  return { dtype: "float32", shape, data };
}
