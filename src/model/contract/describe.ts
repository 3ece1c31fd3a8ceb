import type { Dim, Signature, TensorSpec } from "../tensor/tensor.ts";
import type { AudioInput, Contract, InputContract, OutputContract, TextInput } from "./contract.ts";
import { sayImage, short } from "./describe-image.ts";
import { isBeyondMeaning } from "./limits.ts";
import type { MaskOutput } from "./vision.ts";

/** Names that begin alike are told as one where there are so many. */
const MANY = 4;
/** Of more parts than that, the rest is counted. */
const MOST = 8;
/** Longest name that is told whole. */
const MAX_NAME = 40;

type Specs = ReadonlyMap<string, TensorSpec>;

/**
 * Says a contract as a person would: "a grey picture of 28×28, values 0 to 255; returns 10 scores, one a class, not yet a
 * softmax".
 */
export function describe(signature: Signature, contract: Contract): { sentence: string } {
  if (isBeyondMeaning(signature)) {
    const { inputs, outputs } = signature;
    const tensors = ({ length }: readonly unknown[]) => `${length} ${length === 1 ? "tensor" : "tensors"}`;
    return { sentence: `${tensors(inputs)}; returns ${tensors(outputs)}` };
  }
  const specs = new Map([...signature.outputs, ...signature.inputs].map((spec) => [spec.name, spec]));
  const inputs = sayAll(Object.values(contract.inputs), nameOf, (input) => sayInput(input, specs));
  const outputs = sayAll(Object.values(contract.outputs), nameOf, (output) => sayOutput(output, specs));
  const states = sayAll(Object.keys(contract.states), (name) => name, sayName);
  const step = Object.values(contract.inputs).some(({ kind }) => kind === "audio") ? "frame" : "step";
  const memory = states === "" ? "" : `; remembers ${states} from ${step} to ${step}`;
  return { sentence: `${inputs || "nothing"}; returns ${outputs || "nothing"}${memory}` };
}

function nameOf(part: InputContract | OutputContract): string | null {
  return part.kind === "tensor" ? part.tensor : null;
}

/** Each item in words; those whose names begin alike, where they are many, as one at the place of the first. */
function sayAll<T>(
  items: readonly T[],
  nameOf: (item: T) => string | null,
  say: (item: T) => string,
): string {
  const prefixOf = (item: T) => /^\D{3,}?(?=[._]?\d)/.exec(nameOf(item) ?? "")?.[0];
  const groups = new Map<string, number>();
  for (const item of items) {
    const prefix = prefixOf(item);
    if (prefix !== undefined) groups.set(prefix, (groups.get(prefix) ?? 0) + 1);
  }
  const said: string[] = [];
  let rest = 0;
  for (const item of items) {
    const prefix = prefixOf(item);
    const count = prefix === undefined ? 1 : (groups.get(prefix) ?? 0);
    if (count === 0) continue;
    const together = prefix !== undefined && count >= MANY;
    if (said.length >= MOST) rest++;
    else said.push(together ? `${count} tensors ${prefix}…` : say(item));
    if (together) groups.set(prefix, 0);
  }
  return list(rest === 0 ? said : [...said, `${rest} more`]);
}

function sayInput(input: InputContract, specs: Specs): string {
  switch (input.kind) {
    case "image":
      return sayImage(input);
    case "audio":
      return saySound(input);
    case "text":
      return `text, as token numbers ${sayTokenizer(input.tokenizer)}`;
    case "table": {
      const columns = input.columns?.length ?? specs.get(input.tensor)?.shape?.at(-1);
      return `rows of a table${typeof columns === "number" ? ` with ${columns} columns` : ""}`;
    }
    case "tensor":
      return sayTensor(input.tensor, specs);
  }
}

function sayTokenizer(tokenizer: TextInput["tokenizer"]): string {
  if (tokenizer === null) return "(its tokenizer is not here)";
  if (typeof tokenizer === "string") return `of ${tokenizer}`;
  const { vocabulary } = tokenizer;
  const words = { regex: "words", whitespace: "words", wordpiece: "pieces of words" }[tokenizer.kind];
  const from = typeof vocabulary === "string" ? sayName(vocabulary) : `${vocabulary.length} of them`;
  return `of ${words} (${from})`;
}

function saySound({ sampleRate, frame, context }: AudioInput): string {
  const frames = frame === null ? "" : `, in frames of ${frame} samples`;
  const before = context > 0 ? `, each after the last ${context} of the one before` : "";
  return `sound, mono, ${sampleRate / 1000} kHz${frames}${before}`;
}

function sayOutput(output: OutputContract, specs: Specs): string {
  switch (output.kind) {
    case "scores": {
      const classes = classCount(specs.get(output.tensor));
      const count = classes === null ? "scores" : `${classes} scores`;
      return `${count}, one a class${NOT_YET[output.activation]}${namesOf(output.labels)}`;
    }
    case "ctc": {
      const classes = specs.get(output.tensor)?.shape?.at(-1);
      const count = typeof classes === "number" ? `${classes} scores` : "scores";
      const names = output.dictionary === null ? ", the characters not named" : "";
      return `${count} for each step along the line, one a character and one for none (CTC)${NOT_YET[output.activation]}${names}`;
    }
    case "probability":
      return `one probability a frame, yes above ${short(output.threshold)}`;
    case "detections": {
      const raw = output.anchors === undefined ? "" : ", relative to anchors";
      const points = output.keypoints ? ` and ${output.keypoints.length} points of each` : "";
      return `boxes of what is found${raw}${points}, with scores${NOT_YET[output.activation]}${namesOf(output.labels)}`;
    }
    case "mask":
      return `for each pixel ${sayPixels(output, specs)}${NOT_YET[output.activation]}${namesOf(output.labels)}`;
    case "text-map":
      return "for each pixel how much it is part of a piece of text";
    case "embedding": {
      const length = specs.get(output.tensor)?.shape?.at(-1);
      return `a vector${typeof length === "number" ? ` of ${length} numbers` : ""} for comparing`;
    }
    case "tensor":
      return sayTensor(output.tensor, specs);
  }
}

function namesOf(labels: string | string[] | null): string {
  return labels === null ? "" : ", with names";
}

function sayPixels({ tensor, pixels, layout }: MaskOutput, specs: Specs): string {
  if (pixels === "index") return "the number of its class";
  if (pixels === "foreground") return "how much it is part of the foreground";
  const classes = specs.get(tensor)?.shape?.[layout.indexOf("C")];
  return typeof classes === "number" ? `${classes} scores, one a class` : "scores of classes";
}

const NOT_YET = { softmax: ", not yet a softmax", sigmoid: ", not yet a sigmoid", none: "" } as const;

function sayTensor(name: string, specs: Specs): string {
  const spec = specs.get(name);
  const shape = spec?.shape;
  if (!shape) return `${sayName(name)} (${spec?.type ?? spec?.dtype ?? "unknown"})`;
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

function classCount(spec: TensorSpec | undefined): number | null {
  const shape = [...(spec?.shape ?? [])];
  while (shape.length > 2 && shape.at(-1) === 1) shape.pop();
  const last = shape.at(-1);
  return typeof last === "number" ? last : null;
}

function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
