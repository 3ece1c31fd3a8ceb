import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { Activation } from "../schema/types.ts";
import type { Build } from "./build.ts";
import type { Layout } from "./layout.ts";
import { isBytes, isQuantized, limitsOf, storedRange } from "./quantized.ts";
import { refuse } from "./refusal.ts";
import { quantize } from "./scales.ts";

/** What an operator does to its result, of some element type, at the end. @throws Refusal */
export function activate(
  build: Build,
  value: Value,
  activation: Activation,
  dtype: DType = "float32",
): Value {
  if (activation === "NONE") return value;
  // Not every type of whole numbers has a Relu.
  if (activation === "RELU")
    return dtype === "float32"
      ? build.node("Relu", [value])
      : build.node("Max", [value, build.scalar(0, dtype)]);
  if (activation === "TANH") return build.node("Tanh", [value]);
  if (activation === "SIGN_BIT") throw refuse("its activation is SIGN_BIT");
  const [low, high] = activation === "RELU6" ? [0, 6] : [-1, 1];
  return build.node("Clip", [value, build.scalar(low, dtype), build.scalar(high, dtype)]);
}

/**
 * Real numbers after an activation, as an output is to be stored. Bytes are limited when they are quantised, where that limits
 * anything at all: the runtime has integer kernels only for what is quantised at once.
 * @param dtype of the numbers, which the output's are made of
 */
export function activatedAs(
  build: Build,
  output: TfliteTensor,
  value: Value,
  activation: Activation,
  layout: Layout = "last",
  dtype: DType = "float32",
): Value {
  if (isBytes(output) && limitsOf(activation)) {
    const stored = quantize(build, value, output, layout);
    return limited(build, output, stored, activation);
  }
  const active = activate(build, value, activation, dtype);
  const wanted = isQuantized(output) ? "float32" : build.dtype(output);
  const real = dtype === wanted ? active : build.cast(active, wanted);
  return isQuantized(output) ? quantize(build, real, output, layout) : real;
}

/** Says what an output is in real numbers, before its activation. */
export function setActivated(
  build: Build,
  output: TfliteTensor,
  value: Value,
  activation: Activation,
  layout: Layout = "last",
): void {
  build.setStored(output, activatedAs(build, output, value, activation, layout), layout);
}

/** Stored bytes within what an activation leaves of them. */
export function limited(build: Build, output: TfliteTensor, stored: Value, activation: Activation): Value {
  const range = storedRange(output, activation);
  if (!range) return stored;
  const dtype = build.dtype(output);
  return build.node("Clip", [stored, build.scalar(range[0], dtype), build.scalar(range[1], dtype)]);
}
