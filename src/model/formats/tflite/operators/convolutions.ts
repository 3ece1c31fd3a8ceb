import type { Attribute } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { setActivated } from "../convert/activation.ts";
import { biasOf } from "../convert/bias.ts";
import type { Build } from "../convert/build.ts";
import { asMultiplied } from "../convert/multipliers.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import { windowAttributes } from "../convert/window.ts";

/** Lengths of height and width in [N,H,W,C]. */
function spatial(dims: readonly (number | null)[] | null): readonly (number | null)[] {
  return dims?.length === 4 ? dims.slice(1, 3) : [null, null];
}

/** @param perm brings the weights to [out, in of one group, height, width] */
function convolve(
  op: Op<"CONV_2D" | "DEPTHWISE_CONV_2D">,
  build: Build,
  perm: readonly number[],
  group: Readonly<Record<string, Attribute>>,
): void {
  const [input, bias] = [op.input(0), op.optional(2)];
  const weight = asMultiplied(op.input(1), input, bias, op.output(0));
  const { options } = op;
  const y = build.node(
    "Conv",
    [build.real(input, "first"), build.weight(weight, perm), biasOf(build, bias, input, weight)],
    {
      ...windowAttributes({
        padding: options.padding,
        sizes: spatial(build.dims(input)),
        kernel: weight.shape.slice(1, 3),
        strides: [options.stride_h, options.stride_w],
        dilations: [options.dilation_h_factor, options.dilation_w_factor],
      }),
      ...group,
    },
  );
  setActivated(build, op.output(0), y, options.fused_activation_function, "first");
}

export const CONVOLUTIONS = [
  // Weights are [out, height, width, in of one group]: ONNX wants [out, in, height, width].
  operator("CONV_2D", (op, build) => {
    const { shape } = op.input(1);
    const inner = shape[3] ?? 0;
    const channels = build.dims(op.input(0))?.[3] ?? inner;
    if (shape.length !== 4 || inner < 1 || channels % inner !== 0)
      throw refuse(`its weights are ${shape.join("×")} for ${channels} channels`);
    convolve(op, build, [0, 3, 1, 2], channels === inner ? {} : { group: attribute.int(channels / inner) });
  }),

  // Weights are [1, height, width, channels · multiplier]: a group for each channel.
  operator("DEPTHWISE_CONV_2D", (op, build) => {
    const { shape } = op.input(1);
    const [one = 0, , , out = 0] = shape;
    const channels = build.dims(op.input(0))?.[3] ?? out / Math.max(1, op.options.depth_multiplier);
    if (shape.length !== 4 || one !== 1 || channels < 1 || out % channels !== 0)
      throw refuse(`its weights are ${shape.join("×")} for ${channels} channels`);
    convolve(op, build, [3, 0, 1, 2], { group: attribute.int(channels) });
  }),
];
