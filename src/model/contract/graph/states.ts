import type { Model, Value } from "../../graph/graph.ts";
import { readStates } from "../../graph/states.ts";
import type { Draft } from "../claims.ts";
import { say } from "../claims.ts";

/** Names that are only given to what comes after something. */
const SURE_RENAMINGS: readonly ((name: string) => string)[] = [
  (name) => `new_${name}`,
  (name) => `next_${name}`,
  (name) => `${name}_new`,
  (name) => `${name}_next`,
  (name) => name.replace("past", "present"),
  (name) => name.replace(/^past_key_values\./, "present."),
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
  // Merged decoders take another way through the graph at their first step, which no stream of equal steps does.
  if (inputs.some(({ name }) => name === "use_cache_branch")) return paired;
  // By name, since there may be as many as a hostile file likes.
  const byName = new Map<string, Value[]>();
  for (const output of outputs) {
    const name = output.name.toLowerCase();
    byName.set(name, [...(byName.get(name) ?? []), output]);
  }
  for (const input of inputs) {
    const name = input.name.toLowerCase();
    const renamings = STATE_NAME.test(name) ? [...SURE_RENAMINGS, ...LOOSE_RENAMINGS] : SURE_RENAMINGS;
    const names = new Set(renamings.map((rename) => rename(name)).filter((renamed) => renamed !== name));
    const output = [...names]
      .flatMap((each) => byName.get(each) ?? [])
      .find((each) => !paired.has(each) && agree(input, each));
    if (!output) continue;
    paired.add(input).add(output);
    const shape = emptyStart(input, output);
    const state = { input: input.name, output: output.name, start: "zero" as const };
    draft.contract.states[input.name] = shape ? { ...state, shape } : state;
    const growth = shape ? "; it grows with every step, and begins empty" : "";
    const reason = `${output.name} has its type, a shape that fits, and the name of what comes after it${growth}`;
    say(draft, `states.${input.name}`, { source: "graph", confidence: "high", reason });
  }
  return paired;
}

/**
 * The states that a converted model tells of in its metadata. What they name must be there, and fit.
 * @returns the inputs and outputs that are taken
 */
export function tellStates(draft: Draft, model: Model, inputs: readonly Value[]): Set<Value> {
  const taken = new Set<Value>();
  const states = readStates(model.metadata);
  if (states.length === 0) return taken;
  const byName = (values: readonly Value[]) => new Map(values.map((value) => [value.name, value]));
  const [into, from] = [byName(inputs), byName(model.graph.outputs)];
  for (const { input, output, start = 0 } of states) {
    const [before, after] = [into.get(input), from.get(output)];
    if (!before || !after || taken.has(before) || taken.has(after) || !fits(before, after)) continue;
    taken.add(before).add(after);
    draft.contract.states[input] = { input, output, start: start === 0 ? "zero" : start };
    const reason = "the model kept it from run to run before it was converted";
    say(draft, `states.${input}`, {
      source: "metadata_props: modelyard.states",
      confidence: "declared",
      reason,
    });
  }
  return taken;
}

/** The name of a length that only counts what came before. */
const PAST = /past|prev|cache|history|memory/i;

/**
 * The first shape of a state that comes back longer than it went in, such as the keys and values of attention: nothing
 * along that dimension, one along the others that are open. null where none grows.
 */
function emptyStart(input: Value, output: Value): number[] | null {
  if (input.type?.kind !== "tensor" || output.type?.kind !== "tensor") return null;
  const after = output.type.shape ?? [];
  const shape = (input.type.shape ?? []).map((dim, i) => {
    if (typeof dim === "number") return dim;
    return dim !== null && dim !== after[i] && PAST.test(dim) ? 0 : 1;
  });
  return shape.includes(0) ? shape : null;
}

function agree(input: Value, output: Value): boolean {
  // One number is a setting, not a memory.
  return fits(input, output) && !(input.type?.kind === "tensor" && input.type.shape?.length === 0);
}

/** Whether one can take the place of the other, as far as their types are known. */
function fits(input: Value, output: Value): boolean {
  if (input.type?.kind !== "tensor" || output.type?.kind !== "tensor") return false;
  if (input.type.dtype !== output.type.dtype) return false;
  const [a, b] = [input.type.shape, output.type.shape];
  if (!a || !b) return true;
  if (a.length !== b.length) return false;
  return a.every((dim, i) => typeof dim !== "number" || typeof b[i] !== "number" || dim === b[i]);
}
