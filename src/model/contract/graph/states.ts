import type { Value } from "../../graph/graph.ts";
import type { Draft } from "../claims.ts";
import { say } from "../claims.ts";

/** Names that are only given to what comes after something. */
const SURE_RENAMINGS: readonly ((name: string) => string)[] = [
  (name) => `new_${name}`,
  (name) => `next_${name}`,
  (name) => `${name}_new`,
  (name) => `${name}_next`,
  (name) => name.replace("past", "present"),
  (name) => name.replace(/prev(ious)?/, "next"),
];

/** Names that any output may have: they count where the input is called as states are. */
const LOOSE_RENAMINGS: readonly ((name: string) => string)[] = [
  (name) => `${name}n`,
  (name) => `${name}_n`,
  (name) => `${name}_out`,
  (name) => `out_${name}`,
  (name) => `output_${name}`,
  (name) => name.replace(/^in(put)?_/, "out$1_"),
  (name) => name.replace(/_in(put)?$/, "_out$1"),
  (name) => name.replace(/_0$/, "_n"),
];
const STATE_NAME = /state|hidden|cell|cache|memory|(^|_)(mem|buf|rnn|lstm|gru|[hc]\d*)(_|$)/;

/**
 * Pairs inputs with the outputs that are their next values: of one type, of shapes that agree wherever both are known,
 * and with names that exporters give to such pairs. What is paired is neither an input nor an output of the task.
 */
export function pairStates(draft: Draft, inputs: readonly Value[], outputs: readonly Value[]): Set<Value> {
  const paired = new Set<Value>();
  for (const input of inputs) {
    const name = input.name.toLowerCase();
    const renamings = STATE_NAME.test(name) ? [...SURE_RENAMINGS, ...LOOSE_RENAMINGS] : SURE_RENAMINGS;
    const names = new Set(renamings.map((rename) => rename(name)).filter((renamed) => renamed !== name));
    const output = outputs.find(
      (each) => !paired.has(each) && names.has(each.name.toLowerCase()) && agree(input, each),
    );
    if (!output) continue;
    paired.add(input).add(output);
    const state = { input: input.name, output: output.name, start: "zero" as const };
    draft.contract.states[input.name] = state;
    const reason = `${output.name} has its type, a shape that fits, and the name of what comes after it`;
    say(draft, `states.${input.name}`, { source: "graph", confidence: "high", reason });
  }
  return paired;
}

function agree(input: Value, output: Value): boolean {
  if (input.type?.kind !== "tensor" || output.type?.kind !== "tensor") return false;
  if (input.type.dtype !== output.type.dtype) return false;
  const [a, b] = [input.type.shape, output.type.shape];
  if (!a || !b) return true;
  // One number is a setting, not a memory.
  if (a.length === 0 || a.length !== b.length) return false;
  return a.every((dim, i) => typeof dim !== "number" || typeof b[i] !== "number" || dim === b[i]);
}
