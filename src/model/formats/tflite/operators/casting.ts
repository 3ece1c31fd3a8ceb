import { operator } from "../convert/operator.ts";

/** From one type to another as the numbers are stored: scales say nothing here. */
export const CASTING = [
  operator("CAST", (op, build) => {
    const [input, output] = [op.input(0), op.output(0)];
    const layout = build.layoutOf([input]);
    const [from, to] = [build.dtype(input), build.dtype(output)];
    const x = build.stored(input, layout);
    build.setStored(output, from === to ? build.node("Identity", [x]) : build.cast(x, to), layout);
  }),
];
