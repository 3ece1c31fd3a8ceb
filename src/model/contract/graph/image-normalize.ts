import type { Value } from "../../graph/graph.ts";
import { type Draft, say } from "../claims.ts";
import type { ImageInput, Normalize, Quantization } from "../contract.ts";
import type { ImageShape } from "./image-shape.ts";

/** Pixels 0 to 255 as they are. */
export const RAW: Normalize = { scale: 1, mean: [0], std: [1] };
const SIGNED: Normalize = { scale: 1, mean: [128], std: [1] };
const UNIT: Normalize = { scale: 1 / 255, mean: [0], std: [1] };
/** Of ImageNet's photographs, RGB; what torchvision, timm and most nets for photographs were trained with. */
const IMAGENET: Normalize = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Writes how the pixels are scaled: declared, seen in the graph, or assumed with the confidence that it deserves. */
export function addNormalize(
  draft: Draft,
  field: string,
  image: ImageInput,
  value: Value,
  shape: ImageShape,
  isTextLine: boolean,
): void {
  const put = (normalize: Normalize, confidence: "high" | "medium" | "low", reason: string) => {
    image.normalize = { scale: normalize.scale, mean: [...normalize.mean], std: [...normalize.std] };
    say(draft, `${field}.normalize`, { source: "graph", confidence, reason });
  };
  const declared = draft.claims.get("normalize");
  const [first] = shape.arithmetic;
  if (value.type?.kind === "tensor" && value.type.dtype === "uint8") {
    // Whatever is declared is done inside: fractions would be rounded away.
    put(RAW, "high", "it takes whole numbers from 0 to 255");
  } else if (value.type?.kind === "tensor" && value.type.dtype === "int8") {
    const { quantization } = shape;
    const real =
      declared && fits(declared.value, shape.channels) ? cut(declared.value, shape.channels) : null;
    if (real && quantization) {
      const reason = `${declared?.source} gives mean and deviation, and the graph begins with DequantizeLinear`;
      put(quantized(real, quantization), "high", reason);
    } else put(SIGNED, "medium", "it takes whole numbers from -128 to 127, which stand for 0 to 255");
  } else if (declared && fits(declared.value, shape.channels)) {
    image.normalize = cut(declared.value, shape.channels);
    say(draft, `${field}.normalize`, declared);
  } else if (first) {
    const steps = shape.arithmetic.map(
      ({ op, numbers }) => `${op} ${numbers.slice(0, 4).map(round).join(", ")}`,
    );
    const bytes =
      first.op === "Div" || first.op === "Mul"
        ? isByteScale(first)
        : Math.max(...first.numbers.map(Math.abs)) > 2;
    const reason = `the graph itself begins with ${steps.join(", then ")}`;
    put(bytes ? RAW : UNIT, bytes ? "high" : "medium", reason);
  } else if (isTextLine) {
    put(
      { scale: 1 / 255, mean: [0.5], std: [0.5] },
      "medium",
      "recognisers of lines of text, CRNNs and the PP-OCR family among them, were mostly trained so",
    );
  } else if (image.color === "GRAY") {
    put(RAW, "low", "nothing says how the pixels are scaled, neither the file nor the graph");
  } else if (shape.channels === 4) {
    put(UNIT, "low", "nothing says how the pixels are scaled, and no mean is customary for four channels");
  } else {
    put(IMAGENET, "low", "nothing says how the pixels are scaled; most nets for photographs were trained so");
  }
}

/** Normalised values as the whole numbers that stand for them: `value / scale + zeroPoint`. */
function quantized({ scale, mean, std }: Normalize, by: Quantization): Normalize {
  const channels = Array.from({ length: Math.max(mean.length, std.length) }, (_, i) => {
    const [m, s] = [mean[i] ?? mean[0] ?? 0, std[i] ?? std[0] ?? 1];
    return { mean: m - by.zeroPoint * by.scale * s, std: s * by.scale };
  });
  return { scale, mean: channels.map((each) => each.mean), std: channels.map((each) => each.std) };
}

/** One number for all channels, or one each; a grey picture takes the first of three. */
function fits({ mean, std }: Normalize, channels: number): boolean {
  return [mean, std].every(({ length }) => length === 1 || length >= channels);
}

function cut({ scale, mean, std }: Normalize, channels: number): Normalize {
  return { scale, mean: mean.slice(0, channels), std: std.slice(0, channels) };
}

function isByteScale({ op, numbers }: { op: string; numbers: readonly number[] }): boolean {
  const factor = Math.max(...numbers.map(Math.abs));
  return op === "Div" ? factor > 30 : factor < 1 / 30;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
