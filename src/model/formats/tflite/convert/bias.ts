import type { Value } from "../../../graph/graph.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { Build } from "./build.ts";
import { isQuantized } from "./quantized.ts";
import { dequantize } from "./scales.ts";

/**
 * The bias of a product as real numbers. In a quantised one it is stored in units of the product, whatever its own scale says:
 * that of the input times that of the weight (https://ai.google.dev/edge/litert/models/quantization_spec).
 */
export function biasOf(
  build: Build,
  bias: TfliteTensor | null,
  input: TfliteTensor,
  weight: TfliteTensor,
): Value | null {
  if (!bias) return null;
  if (!isQuantized(input) || !isQuantized(weight)) return build.scaled(bias);
  const [unit = 1] = input.quantization.scale;
  return inUnits(
    build,
    bias,
    weight.quantization.scale.map((each) => each * unit),
  );
}

/** A bias as real numbers, in units that its own scale does not tell: one for all, or one for each. */
export function inUnits(build: Build, bias: TfliteTensor, units: readonly number[]): Value {
  if (bias.type !== "INT32" && bias.type !== "INT64") return build.scaled(bias);
  const scale = units.map(Math.fround);
  const by = { scale, zeroPoint: scale.map(() => 0), axis: 0 };
  return dequantize(build, build.stored(bias), by, build.dtype(bias), 0);
}
