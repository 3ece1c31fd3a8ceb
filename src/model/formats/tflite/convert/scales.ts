import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { constantTensor, tensorFromNumbers } from "../../../tensor/index.ts";
import type { Quantization } from "../file/model.ts";
import { axisIn, type Layout } from "./layout.ts";
import type { Nodes } from "./nodes.ts";
import { axisOf, LEAST_SCALE, packed, type QuantizedTensor, storedType } from "./quantized.ts";
import { refuse } from "./refusal.ts";

/** Real numbers of stored ones, with a scale for all or for each index along an axis. */
export function dequantize(build: Nodes, value: Value, by: Quantization, dtype: DType, axis: number): Value {
  // ONNX Runtime has no DequantizeLinear for 64 bits, which only biases have.
  if (dtype === "int64") {
    const scale = perScale(build, "float32", by.scale);
    return build.node("Mul", [build.cast(value, "float32"), scale]);
  }
  const inputs = [value, ...parameters(build, by, dtype, value.constant !== null)];
  return build.node("DequantizeLinear", inputs, axisOf(by, axis));
}

/** What stores real numbers as a tensor does. @throws Refusal where nothing but 0 could be stored: kernels answer anything there */
export function quantize(
  build: Nodes,
  value: Value,
  tensor: QuantizedTensor,
  layout: Layout = "last",
): Value {
  const { quantization } = tensor;
  const none = quantization.scale.find((each) => each < LEAST_SCALE);
  if (none !== undefined) throw refuse(`what it gives, ${tensor.name}, has a scale of ${none}`);
  const axis = axisIn(layout, quantization.axis, tensor.shape.length);
  const inputs = [value, ...parameters(build, quantization, storedType(tensor))];
  return build.node("QuantizeLinear", inputs, axisOf(quantization, axis));
}

/**
 * Scale and zero point; integers of 32 bits have none of the latter.
 * @param isWeight two weights share no zero point: on processors without VNNI the runtime (1.30) cannot load such a model, where it is
 * to add products of them exactly
 */
function parameters(
  build: Nodes,
  { scale, zeroPoint }: Quantization,
  dtype: DType,
  isWeight = false,
): Value[] {
  const scales = perScale(build, "float32", scale);
  if (dtype === "int32") return [scales];
  if (!isWeight || dtype !== "int8") return [scales, perScale(build, dtype, zeroPoint)];
  const zero = tensorFromNumbers(dtype, shapeOf(zeroPoint), zeroPoint);
  return [scales, build.constant(constantTensor(zero, "made"), "zero_point")];
}

function shapeOf(numbers: readonly number[]): number[] {
  return numbers.length === 1 ? [] : [numbers.length];
}

function perScale(build: Nodes, dtype: DType, numbers: readonly number[]): Value {
  if (dtype === "int4" || dtype === "uint4" || dtype === "int2" || dtype === "uint2")
    return build.constant(packed(dtype, numbers), "zero_point");
  return build.numbersAs(dtype, shapeOf(numbers), numbers);
}
