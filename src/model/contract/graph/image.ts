import type { Node, Value } from "../../graph/graph.ts";
import type { Dim } from "../../tensor/tensor.ts";
import type { Draft } from "../claims.ts";
import { say } from "../claims.ts";
import type { ImageInput, Normalize } from "../contract.ts";
import { intsOf, numbersOf, weightShape } from "../trace.ts";

const CONVOLUTIONS = new Set(["Conv", "ConvInteger", "QLinearConv", "FusedConv", "NhwcConv"]);
const ARITHMETIC = new Set(["Sub", "Add", "Mul", "Div"]);
/** What may stand between a picture and its first convolution. */
const ON_THE_WAY = new Set([
  ...ARITHMETIC,
  "Cast",
  "Identity",
  "Transpose",
  "Pad",
  "BatchNormalization",
  "QuantizeLinear",
  "DequantizeLinear",
  "Resize",
  "Unsqueeze",
  "Reshape",
  "Clip",
]);
const MAX_STEPS = 16;

/** Pixels 0 to 255 as they are. */
export const RAW: Normalize = { scale: 1, mean: [0], std: [1] };
const UNIT: Normalize = { scale: 1 / 255, mean: [0], std: [1] };
/** Of ImageNet's photographs, RGB; what torchvision, timm and most nets for photographs were trained with. */
const IMAGENET: Normalize = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** A picture as the graph shows it. */
export interface ImageShape {
  readonly layout: ImageInput["layout"];
  readonly channels: number;
  readonly size: readonly [number | null, number | null];
  readonly reason: string;
  readonly sure: boolean;
  /** Arithmetic with constants before the first convolution, in order. */
  readonly arithmetic: readonly { readonly op: string; readonly numbers: readonly number[] }[];
}

/** Whether an input is a picture: a tensor of four dimensions on its way into a convolution. */
export async function findImage(value: Value): Promise<ImageShape | null> {
  const { type } = value;
  if (type?.kind !== "tensor" || !type.shape || !/^(float|bfloat|u?int8$)/.test(type.dtype)) return null;
  const { shape } = type;
  if (shape.length !== 4) return null;
  const path = await pathToConvolution(value);
  const layout =
    path?.transposed || (!path && isChannels(shape[3]) && !isChannels(shape[1])) ? "NHWC" : "NCHW";
  const [channelDim, heightDim, widthDim] =
    layout === "NHWC" ? [shape[3], shape[1], shape[2]] : shape.slice(1);
  const channels = typeof channelDim === "number" ? channelDim : path?.channels;
  if (!isChannels(channels)) return null;
  const size = [fixed(heightDim), fixed(widthDim)] as const;
  const arithmetic = path?.arithmetic ?? [];
  if (path) {
    const where = size.every((each) => each !== null) ? ` of ${size.join("×")}` : "";
    const reason = `it goes into a convolution over ${channels} channel${channels === 1 ? "" : "s"}${where}`;
    return { layout, channels, size, reason, sure: true, arithmetic };
  }
  // Without a convolution only a shape that is nothing else speaks for a picture.
  if (size.some((each) => each === null || each < 8)) return null;
  const reason = `its shape, ${shape.map((dim) => dim ?? "?").join("×")}, is that of a picture`;
  return { layout, channels, size, reason, sure: false, arithmetic };
}

function isChannels(dim: Dim | undefined): dim is number {
  return dim === 1 || dim === 3 || dim === 4;
}

function fixed(dim: Dim | undefined): number | null {
  return typeof dim === "number" && dim > 0 ? dim : null;
}

interface Path {
  readonly transposed: boolean;
  readonly channels: number | undefined;
  readonly arithmetic: { op: string; numbers: number[] }[];
}

async function pathToConvolution(value: Value): Promise<Path | null> {
  const arithmetic: Path["arithmetic"] = [];
  let transposed = false;
  let at: Value = value;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const convolution = at.uses.find(({ node, index }) => CONVOLUTIONS.has(node.op) && index === 0)?.node;
    if (convolution) {
      const shape = weightShape(convolution.inputs[convolution.op === "QLinearConv" ? 3 : 1]);
      const group = intsOf(convolution, "group")?.[0] ?? 1;
      return { transposed, channels: shape?.[1] === undefined ? undefined : shape[1] * group, arithmetic };
    }
    const next = at.uses.map(({ node }) => node).find((node) => ON_THE_WAY.has(node.op));
    if (!next) return null;
    if (next.op === "Transpose" && intsOf(next, "perm")?.join() === "0,3,1,2") transposed = true;
    if (ARITHMETIC.has(next.op)) await noteArithmetic(next, at, arithmetic);
    const out = next.outputs[0];
    if (!out) return null;
    at = out;
  }
  return null;
}

async function noteArithmetic(node: Node, from: Value, arithmetic: Path["arithmetic"]): Promise<void> {
  const numbers = await numbersOf(node.inputs.find((input) => input !== from));
  if (numbers && numbers.length > 0) arithmetic.push({ op: node.op, numbers });
}

/** Writes a picture into the contract, with what was declared of it and what has to be assumed. */
export function addImage(
  draft: Draft,
  name: string,
  value: Value,
  shape: ImageShape,
  isTextLine: boolean,
): ImageInput {
  const field = `inputs.${name}`;
  const { claims } = draft;
  const image: ImageInput = {
    kind: "image",
    tensor: value.name,
    size: [...shape.size],
    layout: shape.layout,
    color: shape.channels === 1 ? "GRAY" : shape.channels === 4 ? "RGBA" : "RGB",
    resize: "stretch",
    normalize: RAW,
  };
  draft.contract.inputs[name] = image;
  say(draft, field, { source: "graph", confidence: shape.sure ? "high" : "medium", reason: shape.reason });
  const size = claims.get("imageSize");
  if (size && image.size.some((each) => each === null)) {
    image.size = [image.size[0] ?? size.value[0], image.size[1] ?? size.value[1]];
    say(draft, `${field}.size`, size);
  }
  const color = claims.get("color");
  if (color) {
    image.color = color.value;
    say(draft, `${field}.color`, color);
  } else if (shape.channels === 3 && !isTextLine) {
    const reason = "nothing says in which order the colours stand; most nets take red first";
    say(draft, `${field}.color`, { source: "graph", confidence: "low", reason });
  }
  addResize(draft, field, image, isTextLine);
  addNormalize(draft, field, image, value, shape, isTextLine);
  return image;
}

function addResize(draft: Draft, field: string, image: ImageInput, isTextLine: boolean): void {
  const resize = draft.claims.get("resize");
  const crop = draft.claims.get("cropFraction");
  if (resize) {
    image.resize = resize.value;
    say(draft, `${field}.resize`, resize);
  } else if (isTextLine) {
    image.resize = "width-free";
    const reason = "its width is open: a line of text keeps its proportions";
    say(draft, `${field}.resize`, { source: "graph", confidence: "high", reason });
    if (image.size[0] === null) {
      image.size = [48, image.size[1]];
      const why =
        "the height is open; recognisers of the PP-OCR family from version 3 on were trained with 48";
      say(draft, `${field}.size`, { source: "graph", confidence: "medium", reason: why });
    }
  } else if (image.color !== "GRAY") {
    image.resize = "crop";
    image.cropFraction = crop?.value ?? 0.875;
    const reason = "nothing says how other sizes are fitted; nets for photographs mostly cut out the middle";
    say(draft, `${field}.resize`, crop ?? { source: "graph", confidence: "low", reason });
  }
  if (image.resize === "crop" && crop) image.cropFraction = crop.value;
}

function addNormalize(
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
  if (declared) {
    image.normalize = declared.value;
    say(draft, `${field}.normalize`, declared);
  } else if (value.type?.kind === "tensor" && value.type.dtype === "uint8") {
    put(RAW, "high", "it takes whole numbers from 0 to 255");
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
      "recognisers of the PP-OCR family were trained so",
    );
  } else if (image.color === "GRAY") {
    put(RAW, "low", "nothing says how the pixels are scaled, neither the file nor the graph");
  } else {
    put(IMAGENET, "low", "nothing says how the pixels are scaled; most nets for photographs were trained so");
  }
}

function isByteScale({ op, numbers }: { op: string; numbers: readonly number[] }): boolean {
  const factor = Math.max(...numbers.map(Math.abs));
  return op === "Div" ? factor > 30 : factor < 1 / 30;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
