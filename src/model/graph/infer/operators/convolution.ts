import { add, formatExtent, type Maybe, multiply, subtract } from "../extent/index.ts";
import {
  type Application,
  type Family,
  intAttribute,
  intsAttribute,
  type Outputs,
  type Rule,
  rankOf,
  shapeOf,
  unknownShape,
} from "../rule.ts";
import { spreadOver, windowOf, windowsOver } from "./window.ts";

type Shape = readonly Maybe[] | null;

/** [N, M, spatial…] from x [N, C, spatial…] and w [M, C/group, kernel…]. */
export function convolvedShapes(at: Application, data: Shape, weight: Shape): Shape {
  const rank = data?.length ?? weight?.length ?? null;
  if (rank === null || rank < 2) return unknownShape(rank);
  if (data && weight && data.length !== weight.length) {
    at.conflict(`a weight of rank ${weight.length} for data of rank ${data.length}`);
    return unknownShape(rank);
  }
  const window = windowOf(at, rank - 2, weight?.slice(2));
  const spatial = data && window ? windowsOver(data.slice(2), window) : unknownShape(rank - 2);
  return [data?.[0] ?? null, weight?.[0] ?? null, ...(spatial ?? [])];
}

/** The same of two inputs. */
export function convolved(at: Application, x: number, w: number): Shape {
  return convolvedShapes(at, shapeOf(at, x), shapeOf(at, w));
}

const conv =
  (x: number, w: number, bias?: number): Rule =>
  (at) => {
    if (bias !== undefined) checkBias(at, bias, shapeOf(at, w)?.[0] ?? null);
    const taken = multiply(shapeOf(at, w)?.[1] ?? null, intAttribute(at, "group", 1));
    checkChannels(at, shapeOf(at, x)?.[1] ?? null, taken);
    checkKernel(at, shapeOf(at, w)?.slice(2) ?? []);
    return [{ shape: convolved(at, x, w) }];
  };

function checkBias(at: Application, input: number, channels: Maybe): void {
  const bias = shapeOf(at, input);
  if (!bias) return;
  const [length = null] = bias;
  if (
    bias.length !== 1 ||
    (typeof length === "number" && typeof channels === "number" && length !== channels)
  )
    at.conflict(`a bias of [${bias.map(textOf)}] for ${textOf(channels)} channels`, { input });
}

function checkKernel(at: Application, lengths: readonly Maybe[]): void {
  const declared = intsAttribute(at, "kernel_shape");
  const differs = (length: Maybe, axis: number) => typeof length === "number" && length !== declared?.[axis];
  if (declared?.length === lengths.length && lengths.some(differs))
    at.conflict(`a kernel_shape of ${declared.join("×")} for a weight of ${lengths.map(textOf).join("×")}`);
}

const textOf = (length: Maybe) => (length === null ? "?" : formatExtent(length));

function checkChannels(at: Application, given: Maybe, taken: Maybe): void {
  if (typeof given === "number" && typeof taken === "number" && given !== taken)
    at.conflict(`data of ${given} channels for a weight that takes ${taken}`);
}

/** ConvTranspose: w [C, M/group, kernel…]; output_shape, where it stands, is the answer (spatial axes alone, or all). */
const convTranspose: Rule = (at) => {
  const shape = transposed(at);
  checkBias(at, 2, shape?.[1] ?? null);
  return [{ shape }];
};

/** @param pads before each spatial axis, then behind each, where an input says them and no attribute */
export function transposed(at: Application, pads?: readonly Maybe[] | null): Shape {
  const data = shapeOf(at, 0);
  const weight = shapeOf(at, 1);
  const rank = data?.length ?? weight?.length ?? null;
  if (rank === null || rank < 2) return unknownShape(rank);
  checkChannels(at, data?.[1] ?? null, weight?.[0] ?? null);
  const channels = multiply(weight?.[1] ?? null, intAttribute(at, "group", 1));
  const asked = intsAttribute(at, "output_shape");
  const head = [data?.[0] ?? null, channels];
  if (asked && asked.length > 0) return [...head, ...asked.slice(-(rank - 2))];
  const window = windowOf(at, rank - 2, weight?.slice(2));
  if (!data || !window) return [...head, ...(unknownShape(rank - 2) ?? [])];
  const spatial = spreadOver(at, data.slice(2), window);
  if (pads === undefined) return [...head, ...spatial];
  return [
    ...head,
    ...spatial.map((length, axis) =>
      subtract(length, add(pads?.[axis] ?? null, pads?.[rank - 2 + axis] ?? null)),
    ),
  ];
}

/** CausalConvWithState: y as x [N, C, L]; the state [N, C, k - 1] is what the kernel looks back on. */
const causalConv: Rule = (at) => {
  const data = shapeOf(at, 0);
  const weight = shapeOf(at, 1);
  const past = shapeOf(at, 3);
  const state = past ?? [data?.[0] ?? null, data?.[1] ?? null, add(weight?.[2] ?? null, -1)];
  return [
    { shape: data },
    { shape: rankOf(at, 0) === 3 || past ? state : unknownShape(3) },
  ] satisfies Outputs;
};

export const CONVOLUTION: Family = {
  domain: "",
  rules: {
    Conv: conv(0, 1, 2),
    ConvInteger: conv(0, 1),
    QLinearConv: conv(0, 3, 8),
    DeformConv: conv(0, 1),
    ConvTranspose: convTranspose,
    CausalConvWithState: causalConv,
  },
};
