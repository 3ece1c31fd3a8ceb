import { operator } from "../convert/operator.ts";
import { isQuantized } from "../convert/quantized.ts";

export const QUANTIZATION = [
  // From real numbers, or from whole ones of another scale.
  operator("QUANTIZE", (op, build) => {
    const input = op.input(0);
    const layout = build.layoutOf([input]);
    build.setReal(op.output(0), build.real(input, layout), layout);
  }),

  // Weights that are stored smaller than they are used stay so.
  operator("DEQUANTIZE", (op, build) => {
    const input = op.input(0);
    const constant = build.constantOf(input);
    if (constant && constant.decode === null) {
      const decode = isQuantized(input)
        ? ({ op: "Dequantize", by: input.quantization } as const)
        : ({ op: "Cast" } as const);
      return build.setConstant(op.output(0), { content: constant.content, decode });
    }
    const layout = build.layoutOf([input]);
    const real = build.real(input, layout);
    build.setReal(op.output(0), isQuantized(input) ? real : build.cast(real, "float32"), layout);
  }),

  // A sparse constant is unpacked when its content is read.
  operator("DENSIFY", (op, build) => {
    const input = op.input(0);
    const constant = build.constantOf(input);
    if (constant) build.setConstant(op.output(0), constant);
    else build.setStored(op.output(0), build.stored(input));
  }),
];
