import { attribute } from "../../../graph/index.ts";
import { setActivated } from "../convert/activation.ts";
import { axisIn } from "../convert/layout.ts";
import { operator } from "../convert/operator.ts";
import { sameQuantization } from "../convert/quantized.ts";

export const JOINING = [
  operator("CONCATENATION", (op, build) => {
    const { axis, fused_activation_function } = op.options;
    const output = op.output(0);
    const inputs = op.inputs.map((_, index) => op.input(index));
    const layout = build.layoutOf(inputs);
    const attributes = { axis: attribute.int(axisIn(layout, axis, build.rank(op.input(0)))) };
    const isMoved =
      fused_activation_function === "NONE" && inputs.every((input) => sameQuantization(input, output));
    if (isMoved) {
      const values = inputs.map((input) => build.stored(input, layout));
      return build.setStored(output, build.node("Concat", values, attributes), layout);
    }
    const joined = build.node(
      "Concat",
      inputs.map((input) => build.real(input, layout)),
      attributes,
    );
    setActivated(build, output, joined, fused_activation_function, layout);
  }),

  // All inputs have the scale of the output.
  operator("PACK", (op, build) => {
    const { axis } = op.options;
    const rank = build.rank(op.input(0)) + 1;
    const at = build.ints([axis < 0 ? axis + rank : axis]);
    const parts = op.inputs.map((_, index) => build.node("Unsqueeze", [build.stored(op.input(index)), at]));
    const joined = build.node("Concat", parts, { axis: attribute.int(axis) });
    build.setStored(op.output(0), joined);
  }),
];
