import type { Subgraph, TfliteTensor } from "../file/model.ts";

/** Operators that give what they take at other places. */
const MOVES: ReadonlySet<string> = new Set(
  (
    "CONCATENATION EXPAND_DIMS GATHER GATHER_ND PACK RESHAPE REVERSE_V2 SLICE SPLIT SPLIT_V SQUEEZE STRIDED_SLICE TILE" +
    " TRANSPOSE UNPACK"
  ).split(" "),
);

/** The outputs of a subgraph, and the tensors whose numbers stand in one of them as they are: only moved on the way. */
export function answersOf({ operators, outputs }: Subgraph): ReadonlySet<TfliteTensor> {
  const answers = new Set<TfliteTensor>(outputs);
  // Operators stand in the order in which they are run, so that those that read a tensor are behind the one that makes it.
  for (let at = operators.length - 1; at >= 0; at--) {
    const operator = operators[at];
    if (!operator || !MOVES.has(operator.name) || operator.isCustom) continue;
    if (!operator.outputs.some((tensor) => tensor && answers.has(tensor))) continue;
    for (const tensor of operator.inputs) if (tensor) answers.add(tensor);
  }
  return answers;
}
