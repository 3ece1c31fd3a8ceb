import { attribute } from "../../../graph/index.ts";
import { computedIn } from "../convert/kernels.ts";
import { operator } from "../convert/operator.ts";

export const SETS = [
  // Different numbers in the order in which they come first, and which of them each one is.
  operator("UNIQUE", (op, build) => {
    const [input, output, places] = [op.input(0), op.output(0), op.output(1)];
    const dtype = build.dtype(input);
    const wide = computedIn(dtype, ["float32", "float64", "int8", "int64", "string"]);
    const x = build.stored(input);
    const [values, , which] = build.nodes("Unique", [wide === dtype ? x : build.cast(x, wide)], 3, {
      sorted: attribute.int(0),
    });
    if (!values || !which) throw new Error("a node has fewer outputs than were asked for");
    build.setStored(output, wide === dtype ? values : build.cast(values, dtype));
    const wanted = build.dtype(places);
    build.setStored(places, wanted === "int64" ? which : build.cast(which, wanted));
  }),
];
