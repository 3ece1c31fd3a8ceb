import type { Node, Value } from "../../graph/graph.ts";
import type { Dim } from "../../tensor/tensor.ts";
import type { ImageInput, Quantization } from "../contract.ts";
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

/** A picture as the graph shows it. */
export interface ImageShape {
  readonly layout: ImageInput["layout"];
  readonly channels: number;
  readonly size: readonly [number | null, number | null];
  readonly reason: string;
  readonly sure: boolean;
  /** Arithmetic with constants before the first convolution, in order. */
  readonly arithmetic: readonly { readonly op: string; readonly numbers: readonly number[] }[];
  /** How the graph makes real numbers of whole ones, where it takes those. */
  readonly quantization: Quantization | null;
}

/**
 * Whether an input is a picture: a tensor of four dimensions on its way into a convolution, or of a shape that is nothing
 * else.
 * @param denoted whether the file itself says that it is one: then any shape that can be will do
 */
export async function findImage(value: Value, denoted = false): Promise<ImageShape | null> {
  const { type } = value;
  if (type?.kind !== "tensor" || !type.shape || !/^(float|bfloat|u?int8$)/.test(type.dtype)) return null;
  const { shape } = type;
  if (shape.length !== 4) return null;
  const path = await pathToConvolution(value);
  const named = type.dimDenotations?.indexOf("DATA_CHANNEL") ?? -1;
  const last = path
    ? path.transposed
    : named === 3 || (named !== 1 && isChannels(shape[3]) && !isChannels(shape[1]));
  const layout = last ? "NHWC" : "NCHW";
  const [channelDim, heightDim, widthDim] = last ? [shape[3], shape[1], shape[2]] : shape.slice(1);
  const channels = typeof channelDim === "number" ? channelDim : path?.channels;
  if (!isChannels(channels)) return null;
  const size = [fixed(heightDim), fixed(widthDim)] as const;
  const arithmetic = path?.arithmetic ?? [];
  if (path) {
    const where = size.every((each) => each !== null) ? ` of ${size.join("×")}` : "";
    const reason = `it goes into a convolution over ${channels} channel${channels === 1 ? "" : "s"}${where}`;
    return { layout, channels, size, reason, sure: true, arithmetic, quantization: path.quantization };
  }
  // Without a convolution only a shape that is nothing else speaks for a picture.
  if (!denoted && size.some((each) => each === null || each < 8)) return null;
  const reason = `its shape, ${shape.map((dim) => dim ?? "?").join("×")}, is that of a picture`;
  return { layout, channels, size, reason, sure: false, arithmetic, quantization: null };
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
  readonly quantization: Quantization | null;
}

async function pathToConvolution(value: Value): Promise<Path | null> {
  const arithmetic: Path["arithmetic"] = [];
  let transposed = false;
  let quantization: Quantization | null = null;
  let at: Value = value;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const convolution = at.uses.find(({ node, index }) => CONVOLUTIONS.has(node.op) && index === 0)?.node;
    if (convolution) {
      const shape = weightShape(convolution.inputs[convolution.op === "QLinearConv" ? 3 : 1]);
      const group = intsOf(convolution, "group")?.[0] ?? 1;
      const channels = shape?.[1] === undefined ? undefined : shape[1] * group;
      return { transposed, channels, arithmetic, quantization };
    }
    const next = at.uses.map(({ node }) => node).find((node) => ON_THE_WAY.has(node.op));
    if (!next) return null;
    if (next.op === "Transpose" && intsOf(next, "perm")?.join() === "0,3,1,2") transposed = true;
    if (next.op === "DequantizeLinear") quantization ??= await quantizationBy(next);
    if (ARITHMETIC.has(next.op)) await noteArithmetic(next, at, arithmetic);
    const out = next.outputs[0];
    if (!out) return null;
    at = out;
  }
  return null;
}

async function quantizationBy(node: Node): Promise<Quantization | null> {
  const [scale] = (await numbersOf(node.inputs[1])) ?? [];
  const [zeroPoint] = node.inputs[2] ? ((await numbersOf(node.inputs[2])) ?? []) : [0];
  return scale === undefined || zeroPoint === undefined || scale === 0 ? null : { scale, zeroPoint };
}

async function noteArithmetic(node: Node, from: Value, arithmetic: Path["arithmetic"]): Promise<void> {
  const numbers = await numbersOf(node.inputs.find((input) => input !== from));
  if (numbers && numbers.length > 0) arithmetic.push({ op: node.op, numbers });
}
