import { attribute } from "../../../graph/index.ts";
import { DTYPES } from "../../../tensor/index.ts";
import type { Build } from "../convert/build.ts";
import { operator } from "../convert/operator.ts";
import { isComplex } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";

/** The version of ai.onnx that brought BitCast. */
const BITCAST_SINCE = 26;

/** Complex numbers become their real parts. */
function castComplex(build: Build, input: TfliteTensor, output: TfliteTensor): void {
  const parts = build.parts(input);
  if (isComplex(output)) {
    if (input.type !== output.type) throw refuse(`it takes ${input.type} for ${output.type}`);
    build.setParts(output, parts);
    return;
  }
  const to = build.dtype(output);
  build.setStored(output, to === "float32" ? parts.real : build.cast(parts.real, to));
}

/** From one type to another as the numbers are stored: scales say nothing here. */
export const CASTING = [
  operator("CAST", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    if (isComplex(input)) {
      castComplex(build, input, output);
      return;
    }
    const layout = build.layoutOf([input]);
    const [from, to] = [build.dtype(input), build.dtype(output)];
    const x = build.stored(input, layout);
    build.setStored(output, from === to ? build.node("Identity", [x]) : build.cast(x, to), layout);
  }),
  // The same bits as another type of the same width.
  operator("BITCAST", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const [from, to] = [build.dtype(input), build.dtype(output)];
    if (DTYPES[from].bits !== DTYPES[to].bits || from === "bool" || to === "bool")
      throw refuse(`it takes ${from} for ${to}`);
    build.needOpset(BITCAST_SINCE);
    const layout = build.layoutOf([input]);
    const taken = build.node("BitCast", [build.stored(input, layout)], {
      to: attribute.int(DTYPES[to].onnx),
    });
    build.setStored(output, taken, layout);
  }),
];
