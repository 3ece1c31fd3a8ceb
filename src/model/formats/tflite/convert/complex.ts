import type { Value } from "../../../graph/graph.ts";

/** Complex numbers are two tensors of real ones: ONNX has no operators for others. */
export interface Parts {
  readonly real: Value;
  readonly imaginary: Value;
}

/** Does the same to both parts. */
export function eachPart({ real, imaginary }: Parts, make: (part: Value) => Value): Parts {
  return { real: make(real), imaginary: make(imaginary) };
}
