import type { Dim } from "../../tensor/tensor.ts";
import type { ImageInput } from "../contract.ts";
import { type Said, shown } from "./said.ts";

const LAYOUTS = ["NCHW", "NHWC", "CHW", "HWC", "NHW"] as const;
const COLORS = { 1: ["GRAY"], 3: ["RGB", "BGR"], 4: ["RGBA"] } as const;
const CHANNELS = { GRAY: 1, RGB: 3, BGR: 3, RGBA: 4 } as const;

/** Holds what a person says of a picture to the tensor that it becomes. @throws CONTRACT_MISFIT */
export function fitImage(image: ImageInput, said: Said): void {
  const channels = CHANNELS[image.color];
  if (said.shape) {
    fitLayout(image, said, said.shape);
    fitColor(image, said, said.shape);
    fitSize(image, said, said.shape);
  }
  for (const key of ["mean", "std"] as const) {
    const count = image.normalize[key].length;
    if (count === 1 || count === channels || !said.has("normalize", key)) continue;
    const problem = `it has ${count} numbers, and ${image.color} has ${channels === 1 ? "one channel" : `${channels} channels`}`;
    throw said.refuse(["normalize", key], problem);
  }
}

/** The layouts that a shape can be. */
function layoutsOf(shape: readonly Dim[], colors: readonly number[]): string[] {
  return LAYOUTS.filter((layout) => {
    if (layout.length !== shape.length) return false;
    const dim = shape[layout.indexOf("C")];
    if (!layout.includes("C")) return colors.includes(1);
    return typeof dim !== "number" || colors.includes(dim);
  });
}

function fitLayout(image: ImageInput, said: Said, shape: readonly Dim[]): void {
  const key = said.has("layout") ? ["layout"] : said.has("kind") ? ["kind"] : null;
  if (!key) return;
  const { layout } = image;
  const dim = layout.includes("C") ? shape[layout.indexOf("C")] : undefined;
  const isLong = layout.length !== shape.length;
  const isChannels = typeof dim !== "number" || dim in COLORS;
  if (!isLong && isChannels) return;
  const fitting = layoutsOf(shape, [1, 3, 4]);
  const advice = fitting.length > 0 ? `: ${fitting.join(" or ")} fits` : ", which no picture is";
  if (key[0] === "kind" && fitting.length > 0) {
    throw said.refuse(
      key,
      `its layout is taken for ${layout}, and ${said.tensor} is ${shown(shape)}${advice}; write it as layout`,
    );
  }
  const problem = isLong
    ? `${layout} has ${layout.length} dimensions, and ${said.tensor} is ${shown(shape)}`
    : `${layout} has its channels where ${said.tensor} ${shown(shape)} has ${dim}`;
  throw said.refuse(key, `${problem}${advice}`);
}

function fitColor({ color, layout }: ImageInput, said: Said, shape: readonly Dim[]): void {
  if (layout.length !== shape.length) return;
  const dim = layout.includes("C") ? shape[layout.indexOf("C")] : 1;
  if (typeof dim !== "number" || dim === CHANNELS[color]) return;
  const key = (["color", "layout", "kind"] as const).find((each) => said.has(each));
  if (!key) return;
  const fits = COLORS[dim as keyof typeof COLORS] ?? [];
  const advice = fits.length > 0 ? `: ${fits.join(" or ")} fits` : "";
  const problem = `${color} has ${CHANNELS[color]}, and ${said.tensor} ${shown(shape)} takes ${dim} in the layout ${layout}`;
  throw said.refuse([key], `${problem}${advice}`);
}

function fitSize({ size, layout }: ImageInput, said: Said, shape: readonly Dim[]): void {
  if (layout.length !== shape.length) return;
  for (const [i, axis] of (["H", "W"] as const).entries()) {
    const dim = shape[layout.indexOf(axis)];
    const length = size[i] ?? null;
    if (typeof dim !== "number" || dim === length || !said.has("size", i)) continue;
    const what = i === 0 ? "height" : "width";
    const given = length === null ? "any" : String(length);
    throw said.refuse(
      ["size", i],
      `the ${what} is ${given}, and ${said.tensor} ${shown(shape)} takes ${dim}`,
    );
  }
}
