import { attribute } from "../../../graph/index.ts";
import { biasOf } from "../convert/bias.ts";
import { operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import { windowAttributes } from "../convert/window.ts";

/** Lengths of height and width in [N,H,W,C]. */
function spatial(dims: readonly (number | null)[] | null): readonly (number | null)[] {
  return dims?.length === 4 ? dims.slice(1, 3) : [null, null];
}

export const CONVOLUTIONS = [
  // Weights are [out, height, width, in of one group]: ONNX wants [out, in, height, width].
  operator("CONV_2D", (op, build) => {
    const [input, weight, bias] = [op.input(0), op.input(1), op.optional(2)];
    const { options } = op;
    const [, height = 0, width = 0, inner = 0] = weight.shape;
    const channels = build.dims(input)?.[3] ?? inner;
    if (weight.shape.length !== 4 || inner < 1 || channels % inner !== 0)
      throw refuse(`its weights are ${weight.shape.join("×")} for ${channels} channels`);
    const y = build.node(
      "Conv",
      [build.real(input, "first"), build.weight(weight, [0, 3, 1, 2]), biasOf(build, bias, input, weight)],
      {
        ...windowAttributes({
          padding: options.padding,
          sizes: spatial(build.dims(input)),
          kernel: [height, width],
          strides: [options.stride_h, options.stride_w],
          dilations: [options.dilation_h_factor, options.dilation_w_factor],
        }),
        ...(channels !== inner && { group: attribute.int(channels / inner) }),
      },
    );
    build.setReal(op.output(0), build.activate(y, options.fused_activation_function), "first");
  }),

  // Weights are [1, height, width, channels · multiplier]: a group for each channel.
  operator("DEPTHWISE_CONV_2D", (op, build) => {
    const [input, weight, bias] = [op.input(0), op.input(1), op.optional(2)];
    const { options } = op;
    const [one = 0, height = 0, width = 0, out = 0] = weight.shape;
    const channels = build.dims(input)?.[3] ?? out / Math.max(1, options.depth_multiplier);
    if (weight.shape.length !== 4 || one !== 1 || channels < 1 || out % channels !== 0)
      throw refuse(`its weights are ${weight.shape.join("×")} for ${channels} channels`);
    const y = build.node(
      "Conv",
      [build.real(input, "first"), build.weight(weight, [3, 0, 1, 2]), biasOf(build, bias, input, weight)],
      {
        ...windowAttributes({
          padding: options.padding,
          sizes: spatial(build.dims(input)),
          kernel: [height, width],
          strides: [options.stride_h, options.stride_w],
          dilations: [options.dilation_h_factor, options.dilation_w_factor],
        }),
        group: attribute.int(channels),
      },
    );
    build.setReal(op.output(0), build.activate(y, options.fused_activation_function), "first");
  }),
];
