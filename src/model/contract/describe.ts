import type { Dim, Signature } from "../tensor/tensor.ts";
import type { Contract, ImageInput, InputContract, OutputContract } from "./contract.ts";

/**
 * Says a contract as a person would: "a grey picture of 28×28, values 0 to 255; returns 10 scores, one a class, not yet a
 * softmax".
 */
export function describe(signature: Signature, contract: Contract): { sentence: string } {
  const inputs = Object.values(contract.inputs).map((input) => sayInput(input, signature));
  const outputs = Object.values(contract.outputs).map((output) => sayOutput(output, signature));
  const states = Object.keys(contract.states);
  const memory = states.length > 0 ? `; remembers ${list(states)} from frame to frame` : "";
  const takes = inputs.length > 0 ? list(inputs) : "nothing";
  return { sentence: `${takes}; returns ${outputs.length > 0 ? list(outputs) : "nothing"}${memory}` };
}

export function sayInput(input: InputContract, signature: Signature): string {
  switch (input.kind) {
    case "image":
      return sayImage(input);
    case "audio": {
      const frame = input.frame === null ? "" : `, in frames of ${input.frame} samples`;
      const context = input.context > 0 ? ` after ${input.context} of the frame before` : "";
      return `sound, mono, ${input.sampleRate} samples a second${frame}${context}`;
    }
    case "text":
      return `text, as numbers of ${input.tokenizer ?? "a tokenizer that is not here"}`;
    case "table": {
      const columns = input.columns?.length ?? lastDim(signature, input.tensor);
      return `rows of a table${typeof columns === "number" ? ` with ${columns} columns` : ""}`;
    }
    case "tensor":
      return sayTensor(input.tensor, signature);
  }
}

function sayImage({ size, color, normalize, layout, resize }: ImageInput): string {
  const colors = { GRAY: "grey", RGB: "colour", BGR: "colour", RGBA: "colour" }[color];
  const [height, width] = size;
  const fixed = height !== null && width !== null;
  // People say width by height; a picture that is not square needs the words.
  const shape = fixed
    ? height === width
      ? ` of ${width}×${height}`
      : ` of ${width} wide and ${height} high`
    : height !== null
      ? ` ${height} high and of any width`
      : " of any size";
  const order = color === "GRAY" ? "" : `, ${color}`;
  const what = resize === "width-free" ? "picture of one line" : "picture";
  const place = layout === "NHWC" || layout === "HWC" ? ", channels last" : "";
  return `a ${colors} ${what}${shape}${order}${place}, ${sayRange(normalize)}`;
}

/** The range that a pixel of 0 to 255 is brought into. */
function sayRange({ scale, mean, std }: ImageInput["normalize"]): string {
  const at = (pixel: number, i: number) =>
    (pixel * scale - (mean[i] ?? mean[0] ?? 0)) / (std[i] ?? std[0] ?? 1);
  const channels = Math.max(mean.length, std.length);
  const lows = Array.from({ length: channels }, (_, i) => at(0, i));
  const highs = Array.from({ length: channels }, (_, i) => at(255, i));
  const same = (all: number[]) => all.every((each) => Math.abs(each - (all[0] ?? 0)) < 1e-6);
  if (same(lows) && same(highs)) return `values ${short(lows[0] ?? 0)} to ${short(highs[0] ?? 0)}`;
  const means = mean.map(short).join(", ");
  const deviations = std.map(short).join(", ");
  return `values less ${means}, over ${deviations}${scale === 1 ? "" : `, of 0 to ${short(255 * scale)}`}`;
}

export function sayOutput(output: OutputContract, signature: Signature): string {
  switch (output.kind) {
    case "scores": {
      const classes = classCount(signature, output.tensor);
      const count = classes === null ? "scores" : `${classes} scores`;
      const left = { softmax: ", not yet a softmax", sigmoid: ", not yet a sigmoid", none: "" }[
        output.activation
      ];
      const names = output.labels === null ? "" : ", with names";
      return `${count}, one a class${left}${names}`;
    }
    case "ctc": {
      const classes = lastDim(signature, output.tensor);
      const count = typeof classes === "number" ? `${classes} scores` : "scores";
      const alphabet = output.dictionary === null ? "characters that are not named" : "characters";
      return `${count} for each step along the line, one a character and one for none (CTC), read as ${alphabet}`;
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

function sayTensor(name: string, { inputs, outputs }: Signature): string {
  const spec = [...inputs, ...outputs].find((each) => each.name === name);
  const shape = spec?.shape;
  if (!shape) return `${name} (${spec?.dtype ?? "unknown"})`;
  return shape.length === 0
    ? `${name} (one ${spec.dtype})`
    : `${name} (${spec.dtype}, ${shape.map((dim) => dim ?? "?").join("×")})`;
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

/** As a person writes it: 0.485, −1, 255. */
function short(value: number): string {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
