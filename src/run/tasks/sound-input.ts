import { fail } from "../../base/errors/index.ts";
import type { AudioInput } from "../../model/contract/contract.ts";
import { readWav, resample, type Sound } from "../media/audio/index.ts";
import { describeInput, fileFromText, unwrap } from "./inputs.ts";
import type { TaskInput } from "./task.ts";
import { tensorFromNested } from "./tensors/nested.ts";

/** What a sound may be sent as. */
export const SOUND_TYPES = ["audio/wav", "audio/x-wav", "application/json"] as const;

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
): Promise<Sound> {
  const { sampleRate } = input;
  const fromFile = (bytes: Uint8Array) => resample(readWav(bytes), sampleRate, signal);
  if (given.kind === "bytes") return fromFile(given.bytes);
  if (given.kind === "text") return fromFile(fileFromText(given.text));
  if (given.kind === "json") {
    const value = unwrap(given.value, [...names, input.tensor]);
    if (typeof value === "string") return fromFile(fileFromText(value));
    if (Array.isArray(value)) return fromList(value, input);
  } else {
    const data = given.tensors[input.tensor]?.data;
    if (data instanceof Float32Array) return { sampleRate, samples: data };
  }
  throw fail("TASK_INPUT_KIND", {
    task: "The task",
    wanted: `a sound: a WAV file, its base64, or samples from -1 to 1 at ${sampleRate} Hz`,
    given: describeInput(given),
  });
}

function fromList(value: unknown[], input: AudioInput): Sound {
  const { data, shape } = tensorFromNested(input.tensor, "float32", value);
  const samples = data as Float32Array;
  if (shape.filter((length) => length !== 1).length > 1) {
    throw fail("TASK_TENSOR_SHAPE", { name: input.tensor, count: samples.length, shape: "samples" });
  }
  if (samples.length === 0) throw fail("MEDIA_SOUND_EMPTY", {});
  return { sampleRate: input.sampleRate, samples };
}
