import type { Names } from "../../graph/index.ts";
import type { Subgraph, TfliteTensor } from "./file/model.ts";

/** What goes into a model and comes out of it is called, as its file tells it and as it is converted alike. */
export interface SignatureNames {
  /** In the order of the subgraph's. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** In the order of the states: each is one more input and one more output. */
  readonly states: readonly { readonly input: string; readonly output: string }[];
}

/** What a tensor would be called; the file may leave it without a name. */
export function hintOf({ name, index }: TfliteTensor): string {
  return name || `#${index}`;
}

/**
 * Names that tell all of them apart, which those of the file need not do. What goes in and comes out unchanged has one name; a
 * variable that is an output has another one before the run.
 * @param names what is taken; it must be fresh for a file's names to stay
 */
export function nameSignature(
  { inputs, outputs }: Subgraph,
  states: readonly { readonly name: string; readonly next: string }[],
  names: Names,
): SignatureNames {
  const passed = new Map<TfliteTensor, string>();
  const into = inputs.map((tensor) => {
    const name = names.fresh(hintOf(tensor));
    if (!tensor.isVariable) passed.set(tensor, name);
    return name;
  });
  const from = outputs.map((tensor) => {
    const name = passed.get(tensor) ?? names.fresh(hintOf(tensor));
    passed.delete(tensor);
    return name;
  });
  const carried = states.map(({ name, next }) => ({ input: names.fresh(name), output: names.fresh(next) }));
  return { inputs: into, outputs: from, states: carried };
}
