import type { Value } from "../../graph/graph.ts";
import { type Draft, say } from "../claims.ts";
import { activationOf } from "./outputs.ts";

/** Scores over steps for CTC: [batch, steps, classes], as many classes as there are characters, or a few more. */
export function findSteps(value: Value): number | null {
  if (value.type?.kind !== "tensor" || !/^float(16|32)$/.test(value.type.dtype)) return null;
  const { shape } = value.type;
  const classes = shape?.length === 3 ? shape[2] : null;
  if (typeof classes !== "number" || classes < 3 || typeof shape?.[1] === "number") return null;
  return classes;
}

/** Writes scores over steps into the contract. The blank comes first, the characters follow, a space may end them. */
export function addSteps(draft: Draft, name: string, value: Value, classes: number): void {
  const field = `outputs.${name}`;
  const dictionary = draft.claims.get("dictionary");
  const { applied, why, confidence } = activationOf(value);
  const missing = dictionary ? classes - 1 - dictionary.value.length : 0;
  const fits = missing === 0 || missing === 1;
  const characters = dictionary && fits ? [...dictionary.value] : null;
  if (characters && missing === 1) characters.push(" ");
  const activation = applied === "none" ? "none" : "softmax";
  draft.contract.outputs[name] = {
    kind: "ctc",
    tensor: value.name,
    activation,
    blank: 0,
    dictionary: characters,
  };
  const reason = `it has ${classes} scores for each step along the line`;
  say(draft, field, { source: "graph", confidence: characters ? "high" : "medium", reason });
  say(draft, `${field}.activation`, { source: "graph", confidence, reason: why });
  if (dictionary && !fits) {
    const { source, value } = dictionary;
    const misfit = `${source} names ${value.length} characters, which do not fit ${classes} scores`;
    say(draft, `${field}.dictionary`, { source, confidence: "low", reason: misfit });
  } else if (dictionary) {
    const space = missing === 1 ? "; the class that is left over is the space" : "";
    say(draft, `${field}.dictionary`, { ...dictionary, reason: `${dictionary.reason}${space}` });
  }
}
