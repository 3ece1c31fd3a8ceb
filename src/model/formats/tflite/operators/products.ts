import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { activatedAs } from "../convert/activation.ts";
import { biasOf } from "../convert/bias.ts";
import type { Build } from "../convert/build.ts";
import { operator } from "../convert/operator.ts";
import { isQuantized } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import { dequantize } from "../convert/scales.ts";
import type { TfliteTensor } from "../file/model.ts";

/** A tensor as rows of so many elements; a quantised one is reshaped as it is stored, so that integer kernels follow it. */
function rows(build: Build, tensor: TfliteTensor, length: number): Value {
  if (tensor.dims?.length === 2 && tensor.dims[1] === length) return build.real(tensor);
  const flat = build.node("Reshape", [build.stored(tensor), build.ints([-1, length])]);
  if (!isQuantized(tensor)) return flat;
  return dequantize(build, flat, tensor.quantization, build.dtype(tensor), 0);
}

export const PRODUCTS = [
  // Weights are [out, in]; whatever rank the input has, it is rows of `in`.
  operator("FULLY_CONNECTED", (op, build) => {
    const [input, weight, bias] = [op.input(0), op.input(1), op.optional(2)];
    const { keep_num_dims, weights_format, fused_activation_function } = op.options;
    if (weights_format !== "DEFAULT") throw refuse(`its weights are ${weights_format}`);
    const [, inner = 0] = weight.shape;
    if (weight.shape.length !== 2) throw refuse(`its weights are ${weight.shape.join("×")}`);
    const b = biasOf(build, bias, input, weight);
    const product = build.node("Gemm", [rows(build, input, inner), build.real(weight), b], {
      transB: attribute.int(1),
    });
    const output = op.output(0);
    const stored = activatedAs(build, output, product, fused_activation_function);
    if (!keep_num_dims || input.dims?.length === 2) return build.setStored(output, stored);
    const dims = output.dims ?? [];
    if (dims.filter((dim) => dim === null).length > 1 || dims.length === 0)
      throw refuse("it keeps more than one open dimension");
    const shape = build.ints(dims.map((dim) => dim ?? -1));
    build.setStored(output, build.node("Reshape", [stored, shape]));
  }),
];
