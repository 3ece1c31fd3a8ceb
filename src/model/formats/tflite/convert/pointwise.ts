import type { Value } from "../../../graph/graph.ts";
import type { Build } from "./build.ts";
import type { Op } from "./operator.ts";

/**
 * An operator that treats each element alike and broadcasts its inputs, so that it may work in whatever layout they lie: reads
 * all inputs as real numbers, and sets the first output.
 */
export function pointwise(op: Op, build: Build, compute: (...inputs: Value[]) => Value): void {
  const output = op.output(0);
  const inputs = op.inputs.map((_, index) => op.input(index));
  const layout = build.layoutOf(inputs);
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const values = inputs.map((tensor) => build.aligned(tensor, layout, rank));
  build.setReal(output, compute(...values), layout);
}
