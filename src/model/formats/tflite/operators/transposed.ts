import { attribute } from "../../../graph/index.ts";
import { setActivated } from "../convert/activation.ts";
import { biasOf } from "../convert/bias.ts";
import type { Build } from "../convert/build.ts";
import { entriesOf, type Length } from "../convert/lengths.ts";
import { asMultiplied } from "../convert/multipliers.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import { unwind } from "../convert/unwind.ts";
import { windowAttributes } from "../convert/window.ts";

/** The spatial lengths of an output: as its tensor has them, or as the first input of the operator tells. */
async function sizesOf(op: Op, build: Build, count: number): Promise<Length[]> {
  const [given, output] = [op.input(0), op.output(0)];
  const isConstant = build.constantOf(given) !== null;
  const lengths = isConstant ? await build.numbers(given, "the shape of its output") : null;
  const declared = build.dims(output)?.slice(1, 1 + count) ?? [];
  // The converter leaves the shape to nodes where only the batch is open.
  if (!lengths && declared.length === count && !declared.includes(null)) return declared as number[];
  const all = lengths ?? (await entriesOf(build, given, "the shape of its output"));
  if (all.length !== count + 2) throw refuse(`its output has ${all.length} axes`);
  return all.slice(1, 1 + count);
}

const spatial = (build: Build, op: Op, index: number, count: number): (number | null)[] =>
  build.dims(op.input(index))?.slice(1, 1 + count) ?? new Array<null>(count).fill(null);

/** Convolutions that spread their input, and those in three dimensions. */
export const TRANSPOSED = [
  // Weights are [out, height, width, in]: ONNX wants [in, out, height, width].
  operator("TRANSPOSE_CONV", async (op, build) => {
    const [input, bias] = [op.input(2), op.optional(3)];
    const weight = asMultiplied(op.input(1), input, bias, op.output(0));
    const { padding, stride_h, stride_w, fused_activation_function } = op.options;
    if (weight.shape.length !== 4) throw refuse(`its weights are ${weight.shape.join("×")}`);
    const by = {
      padding,
      kernel: weight.shape.slice(1, 3),
      strides: [stride_h, stride_w],
      dilations: [1, 1],
      from: spatial(build, op, 2, 2),
      to: await sizesOf(op, build, 2),
    };
    const b = biasOf(build, bias, input, weight);
    const y = unwind(build, by, (attributes) =>
      build.node(
        "ConvTranspose",
        [build.real(input, "first"), build.weight(weight, [3, 0, 1, 2]), b],
        attributes,
      ),
    );
    setActivated(build, op.output(0), y, fused_activation_function, "first");
  }),

  // Weights are [depth, height, width, in of one group, out].
  operator("CONV_3D", (op, build) => {
    const [input, weight, bias] = [op.input(0), op.input(1), op.optional(2)];
    const { options } = op;
    const inner = weight.shape[3] ?? 0;
    const channels = build.dims(input)?.[4] ?? inner;
    if (weight.shape.length !== 5 || inner < 1 || channels % inner !== 0)
      throw refuse(`its weights are ${weight.shape.join("×")} for ${channels} channels`);
    const y = build.node(
      "Conv",
      [build.real(input, "first"), build.weight(weight, [4, 3, 0, 1, 2]), biasOf(build, bias, input, weight)],
      {
        ...windowAttributes({
          padding: options.padding,
          sizes: spatial(build, op, 0, 3),
          kernel: weight.shape.slice(0, 3),
          strides: [options.stride_d, options.stride_h, options.stride_w],
          dilations: [options.dilation_d_factor, options.dilation_h_factor, options.dilation_w_factor],
        }),
        ...(channels !== inner && { group: attribute.int(channels / inner) }),
      },
    );
    setActivated(build, op.output(0), y, options.fused_activation_function, "first");
  }),

  // Weights are [depth, height, width, out, in].
  operator("CONV_3D_TRANSPOSE", async (op, build) => {
    const [weight, input, bias] = [op.input(1), op.input(2), op.optional(3)];
    const { options } = op;
    if (weight.shape.length !== 5) throw refuse(`its weights are ${weight.shape.join("×")}`);
    const by = {
      padding: options.padding,
      kernel: weight.shape.slice(0, 3),
      strides: [options.stride_d, options.stride_h, options.stride_w],
      dilations: [options.dilation_d_factor, options.dilation_h_factor, options.dilation_w_factor],
      from: spatial(build, op, 2, 3),
      to: await sizesOf(op, build, 3),
    };
    const b = biasOf(build, bias, input, weight);
    const y = unwind(build, by, (attributes) =>
      build.node(
        "ConvTranspose",
        [build.real(input, "first"), build.weight(weight, [4, 3, 0, 1, 2]), b],
        attributes,
      ),
    );
    setActivated(build, op.output(0), y, options.fused_activation_function, "first");
  }),
];
