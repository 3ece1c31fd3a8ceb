import type { Dim, Signature } from "../tensor/tensor.ts";
import type { AudioInput, Contract, InputContract, OutputContract } from "./contract.ts";
import { sayImage, short } from "./describe-image.ts";

/** Names that begin alike are told as one where there are so many. */
const MANY = 4;
/** Longest name that is told whole. */
const MAX_NAME = 40;

/**
 * Says a contract as a person would: "a grey picture of 28×28, values 0 to 255; returns 10 scores, one a class, not yet a
 * softmax".
 */
export function describe(signature: Signature, contract: Contract): { sentence: string } {
  const inputs = sayAll(Object.values(contract.inputs), sayInput, signature);
  const outputs = sayAll(Object.values(contract.outputs), sayOutput, signature);
  const states = gather(Object.keys(contract.states), (name) => name).map(({ items, prefix }) =>
    prefix === null ? sayName(items[0] ?? "") : `${items.length} tensors ${prefix}…`,
  );
  const step = Object.values(contract.inputs).some(({ kind }) => kind === "audio") ? "frame" : "step";
  const memory = states.length > 0 ? `; remembers ${list(states)} from ${step} to ${step}` : "";
  const takes = inputs.length > 0 ? list(inputs) : "nothing";
  return { sentence: `${takes}; returns ${outputs.length > 0 ? list(outputs) : "nothing"}${memory}` };
}

function sayAll<T extends InputContract | OutputContract>(
  parts: readonly T[],
  say: (part: T, signature: Signature) => string,
  signature: Signature,
): string[] {
  const nameOf = (part: T) => (part.kind === "tensor" ? part.tensor : null);
  return gather(parts, nameOf).map(({ items, prefix }) =>
    prefix === null ? say(items[0] as T, signature) : `${items.length} tensors ${prefix}…`,
  );
}

/** Items whose names begin alike, where they are many, are one group at the place of the first. */
function gather<T>(
  items: readonly T[],
  nameOf: (item: T) => string | null,
): { items: T[]; prefix: string | null }[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const prefix = /^\D{3,}?(?=[._]?\d)/.exec(nameOf(item) ?? "")?.[0];
    if (prefix !== undefined) groups.set(prefix, [...(groups.get(prefix) ?? []), item]);
  }
  const big = [...groups].filter(([, group]) => group.length >= MANY);
  const told = new Set<string>();
  return items.flatMap((item): { items: T[]; prefix: string | null }[] => {
    const [prefix, group] = big.find(([, each]) => each.includes(item)) ?? [];
    if (prefix === undefined || !group) return [{ items: [item], prefix: null }];
    if (told.has(prefix)) return [];
    told.add(prefix);
    return [{ items: group, prefix }];
  });
}

export function sayInput(input: InputContract, signature: Signature): string {
  switch (input.kind) {
    case "image":
      return sayImage(input);
    case "audio":
      return saySound(input);
    case "text":
      return `text, as token numbers ${input.tokenizer === null ? "(its tokenizer is not here)" : `of ${input.tokenizer}`}`;
    case "table": {
      const columns = input.columns?.length ?? lastDim(signature, input.tensor);
      return `rows of a table${typeof columns === "number" ? ` with ${columns} columns` : ""}`;
    }
    case "tensor":
      return sayTensor(input.tensor, signature);
  }
}

function saySound({ sampleRate, frame, context }: AudioInput): string {
  const frames = frame === null ? "" : `, in frames of ${frame} samples`;
  const before = context > 0 ? `, each after the last ${context} of the one before` : "";
  return `sound, mono, ${sampleRate / 1000} kHz${frames}${before}`;
}

export function sayOutput(output: OutputContract, signature: Signature): string {
  switch (output.kind) {
    case "scores": {
      const classes = classCount(signature, output.tensor);
      const count = classes === null ? "scores" : `${classes} scores`;
      const names = output.labels === null ? "" : ", with names";
      return `${count}, one a class${NOT_YET[output.activation]}${names}`;
    }
    case "ctc": {
      const classes = lastDim(signature, output.tensor);
      const count = typeof classes === "number" ? `${classes} scores` : "scores";
      const names = output.dictionary === null ? ", the characters not named" : "";
      return `${count} for each step along the line, one a character and one for none (CTC)${NOT_YET[output.activation]}${names}`;
    }
    case "probability":
      return `one probability a frame, yes above ${short(output.threshold)}`;
    case "embedding": {
      const length = lastDim(signature, output.tensor);
      return `a vector${typeof length === "number" ? ` of ${length} numbers` : ""} for comparing`;
    }
    case "tensor":
      return sayTensor(output.tensor, signature);
  }
}

const NOT_YET = { softmax: ", not yet a softmax", sigmoid: ", not yet a sigmoid", none: "" } as const;

function sayTensor(name: string, { inputs, outputs }: Signature): string {
  const spec = [...inputs, ...outputs].find((each) => each.name === name);
  const shape = spec?.shape;
  if (!shape) return `${sayName(name)} (${spec?.dtype ?? "unknown"})`;
  return shape.length === 0
    ? `${sayName(name)} (one ${spec.dtype})`
    : `${sayName(name)} (${spec.dtype}, ${shape.map(sayDim).join("×")})`;
}

/** Exporters name dimensions by numbers and by whole formulas, which tell a person nothing. */
function sayDim(dim: Dim): string {
  if (typeof dim === "number") return String(dim);
  return dim !== null && /^[A-Za-z][A-Za-z_ -]{0,31}$/.test(dim) ? dim : "?";
}

function sayName(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
}

function lastDim({ inputs, outputs }: Signature, tensor: string): Dim | undefined {
  return [...inputs, ...outputs].find((each) => each.name === tensor)?.shape?.at(-1);
}

function classCount({ outputs }: Signature, tensor: string): number | null {
  const shape = [...(outputs.find((each) => each.name === tensor)?.shape ?? [])];
  while (shape.length > 2 && shape.at(-1) === 1) shape.pop();
  const last = shape.at(-1);
  return typeof last === "number" ? last : null;
}

function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
