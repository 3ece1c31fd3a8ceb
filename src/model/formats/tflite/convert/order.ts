import type { Subgraph, TfliteTensor } from "../file/model.ts";
import { type Context, impossible } from "./context.ts";

/**
 * Holds a graph to what whoever runs it relies on: operators read what is there by then, and nothing is written twice.
 * @throws MODEL_TFLITE_GRAPH with the byte of the operator
 */
export function checkOrder({ index, inputs, outputs, operators }: Subgraph, context: Context): void {
  const within = index > 0 ? ` of subgraph ${index}` : "";
  const known = new Set<TfliteTensor>();
  for (const tensor of inputs) {
    if (known.has(tensor))
      throw impossible(context, tensor.byte, `tensor ${tensor.index}${within} is an input twice`);
    known.add(tensor);
  }
  for (const operator of operators) {
    const wrong = (problem: string, tensor: TfliteTensor) =>
      impossible(
        context,
        operator.byte,
        `operator ${operator.index}${within} ${problem} tensor ${tensor.index}`,
      );
    for (const tensor of operator.inputs)
      if (tensor && !known.has(tensor) && !isGiven(tensor))
        throw wrong("reads what nothing before it makes:", tensor);
    for (const tensor of operator.outputs) {
      if (tensor.isVariable) continue;
      if (known.has(tensor)) throw wrong("writes what is there already:", tensor);
      if (tensor.content) throw wrong("writes the constant", tensor);
      known.add(tensor);
    }
  }
  for (const tensor of outputs)
    if (!known.has(tensor) && !isGiven(tensor))
      throw impossible(context, tensor.byte, `nothing makes the output, tensor ${tensor.index}${within}`);
}

/** Constants, what is kept from run to run, and what has no elements. */
function isGiven({ content, isVariable, shape }: TfliteTensor): boolean {
  return content !== null || isVariable || shape.includes(0);
}
