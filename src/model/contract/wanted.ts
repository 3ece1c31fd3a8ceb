import type { TensorSpec } from "../tensor/tensor.ts";
import type { Contract, ImageInput } from "./contract.ts";

interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Fewer whole numbers are no text, and fewer fractions no sound. */
const LEAST_TOKENS = 8;
const LEAST_SAMPLES = 400;
const CHANNELS: ReadonlySet<unknown> = new Set([1, 3, 4]);

/** What the model's first input may hold, by its type and shape alone, and the words for it in model.yaml. */
function guess({ name, dtype, shape }: TensorSpec, outputs: readonly TensorSpec[]): string | null {
  const [scores] = outputs;
  const rank = shape?.length ?? 0;
  const last = shape?.at(-1);
  const isLong = (least: number) => (rank === 1 || rank === 2) && (typeof last !== "number" || last >= least);
  const isWhole = dtype === "int32" || dtype === "int64";
  const labels = scores ? `, with the \`labels\` of ${scores.name}` : "";
  if (isWhole && isLong(LEAST_TOKENS))
    return `If ${name} takes a text as the numbers of its words, that is \`kind: text\`, \`tensors: { ids: ${name} }\` and a \`tokenizer\` with its vocabulary${labels}.`;
  if (rank === 4 && shape && (CHANNELS.has(shape[3]) || CHANNELS.has(shape[1])))
    return `If ${name} takes a picture, that is \`kind: image\` with its \`layout\` and \`normalize\`${labels}.`;
  if (dtype === "float32" && isLong(LEAST_SAMPLES))
    return `If ${name} takes a sound, that is \`kind: audio\` with its \`sampleRate\`${labels}.`;
  return null;
}

/** The picture that is all a person gives to a model, its states and constants left out. */
export function pictureOf({ inputs }: Pick<Contract, "inputs">): ImageInput | null {
  const [only, ...others] = Object.values(inputs);
  return only?.kind === "image" && others.length === 0 ? only : null;
}

/** What a person has to say of a model of which nothing tells what its numbers mean. */
export function meaningWanted({ inputs, outputs }: Signature, contract: Pick<Contract, "inputs">): string {
  if (pictureOf(contract))
    return "What its answers mean, nothing tells: run takes a picture and prints them as numbers. A model.yaml beside it can tell, which `modelyard inspect <model> --write` begins and docs/model-yaml.md explains.";
  const [first] = inputs;
  const guessed = first && inputs.length <= 3 ? guess(first, outputs) : null;
  return [
    "What its numbers mean, nothing tells: a model.yaml beside it can, which `modelyard inspect <model> --write` begins and docs/model-yaml.md explains.",
    ...(guessed ? [guessed] : []),
  ].join(" ");
}

/** What a person has to say of a model that reads text in characters that nothing names; null where they are named. */
export function charactersWanted({ outputs }: Contract): string | null {
  for (const [name, output] of Object.entries(outputs))
    if (output.kind === "ctc" && output.dictionary === null)
      return `Its characters are not named, and are told by their numbers: in a model.yaml beside it, which \`modelyard inspect <model> --write\` begins, \`dictionary\` of ${name} names a file with one character a line, in their order and without the blank.`;
  return null;
}
