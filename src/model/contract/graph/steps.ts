import type { Value } from "../../graph/graph.ts";
import type { Dim } from "../../tensor/tensor.ts";
import { type Draft, say } from "../claims.ts";
import type { ImageShape } from "./image-shape.ts";
import { activationOf } from "./outputs.ts";

/** How many times wider than high a picture of a fixed size is that shows one line. */
const LINE = 2;

/** The line of text that a picture may be. */
export interface Line {
  readonly size: ImageShape["size"];
  /** Of the picture's tensor: a number or a name; null where it is not known. */
  readonly batch: Dim;
}

/** Of the picture that goes in; null where it is too high for a line. */
export function lineOf(value: Value, { size }: ImageShape): Line | null {
  const [height, width] = size;
  if (width !== null && (height === null || width < LINE * height)) return null;
  const batch = value.type?.kind === "tensor" ? (value.type.shape?.[0] ?? null) : null;
  return { size, batch };
}

/**
 * Scores over steps for CTC, as many classes as there are characters, or a few more: [batch, steps, classes], where the width of
 * the picture and with it the steps are open, or, as CRNNs have it, [steps, batch, classes].
 * @returns how many classes; null where it is nothing of that kind
 */
export function findSteps(value: Value, line: Line): number | null {
  if (value.type?.kind !== "tensor" || !/^float(16|32)$/.test(value.type.dtype)) return null;
  const [first, second, classes, ...more] = value.type.shape ?? [];
  if (typeof classes !== "number" || classes < 3 || more.length > 0) return null;
  if (line.size[1] === null && typeof second !== "number") return classes;
  const isTimeFirst = second !== null && second === line.batch && first !== line.batch && first !== 1;
  return isTimeFirst ? classes : null;
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
