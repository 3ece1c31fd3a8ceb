import { operator } from "../convert/operator.ts";
import { hasScale, isQuantized } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";

export const QUANTIZATION = [
  // From real numbers, or from whole ones of another scale.
  operator("QUANTIZE", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const layout = build.layoutOf([input]);
    const x = build.scaled(input, layout);
    if (isQuantized(output) || !hasScale(output)) return build.setReal(output, x, layout);
    // QuantizeLinear makes no numbers of 32 bits.
    const { scale, zeroPoint } = output.quantization;
    if (scale.length > 1) throw refuse("each channel of its output has a scale");
    const steps = build.node("Round", [build.node("Div", [x, build.scalar(scale[0] ?? 1)])]);
    const moved = build.node("Add", [steps, build.scalar(zeroPoint[0] ?? 0)]);
    build.setStored(output, build.cast(moved, build.dtype(output)), layout);
  }),

  // Weights that are stored smaller than they are used stay so.
  operator("DEQUANTIZE", (op, build) => {
    const input = op.input(0);
    const constant = build.constantOf(input);
    if (constant && constant.decode === null) {
      const decode = hasScale(input)
        ? ({ op: "Dequantize", by: input.quantization } as const)
        : ({ op: "Cast" } as const);
      return build.setConstant(op.output(0), { content: constant.content, decode });
    }
    const layout = build.layoutOf([input]);
    const real = build.scaled(input, layout);
    build.setReal(op.output(0), hasScale(input) ? real : build.cast(real, "float32"), layout);
  }),

  // A sparse constant is unpacked when its content is read.
  operator("DENSIFY", (op, build) => {
    const input = op.input(0);
    const constant = build.constantOf(input);
    if (constant) build.setConstant(op.output(0), constant);
    else build.setStored(op.output(0), build.stored(input));
  }),
];
