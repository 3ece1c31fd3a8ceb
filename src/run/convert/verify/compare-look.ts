import type { Tensor } from "../../../model/tensor/tensor.ts";
import { type Comparison, compareTensors, misfitting, type Tolerance } from "./compare.ts";
import type { Draw } from "./draws.ts";
import type { Look } from "./looks.ts";

/** What a model answered to one set of inputs, by the names under which it was asked. */
export type Answers = ReadonlyMap<string, Tensor>;

export function compareLook(
  look: Look,
  draw: Draw,
  answers: Answers | undefined,
  tolerance: Tolerance,
): Comparison {
  const [a, b] = [draw.outputs.get(look.original.name), answers?.get(look.result.name)];
  if (a && b) return compareTensors(a, b, tolerance);
  return misfitting("the result does not give it as a tensor that can be read", 0);
}

/** Whatever disagrees ranks before whatever agrees, then what is further apart. */
function rank({ agrees, largest }: Comparison): number {
  return (agrees ? 0 : 1) + (largest === Infinity ? 1 : largest / (1 + largest));
}

export interface Worst {
  readonly comparison: Comparison;
  readonly draw: Draw;
  readonly identical: boolean;
}

/** The draw and tensor that are furthest apart: one that disagrees before any that agrees. */
export function worstOf(
  looks: readonly Look[],
  draws: readonly Draw[],
  answers: readonly Answers[],
  tolerance: Tolerance,
): Worst | null {
  let worst: { comparison: Comparison; draw: Draw } | null = null;
  let identical = true;
  for (const look of looks) {
    for (const [i, draw] of draws.entries()) {
      const comparison = compareLook(look, draw, answers[i], tolerance);
      if (!comparison.identical) identical = false;
      if (!worst || rank(comparison) > rank(worst.comparison)) worst = { comparison, draw };
    }
  }
  return worst && { ...worst, identical };
}
