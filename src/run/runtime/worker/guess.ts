import type { Signature } from "../../../model/tensor/tensor.ts";
import type { Slot } from "./messages.ts";
import { CLOSED_GUESSES, GUESSES, type Guess, inputRows } from "./probe-rows.ts";

/** Runs the model on the inputs' slots and gives all outputs' slots; throws what the runtime throws. */
export type RunSlots = (slots: Slot[]) => Promise<Slot[]>;

/** Whether a length besides the rows is open. */
export function hasOpenLengths(signature: Signature): boolean {
  return signature.inputs.some(({ shape }) => shape?.slice(1).some((dim) => typeof dim !== "number") ?? true);
}

/** The first guess at the open dimensions and the integers' range with which the model runs; else why none did. */
export async function findGuess(signature: Signature, run: RunSlots): Promise<Guess | string> {
  let problem = "";
  for (const guess of hasOpenLengths(signature) ? GUESSES : CLOSED_GUESSES) {
    try {
      await run(inputRows(signature, guess, [0]));
      return guess;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  return `the probe's made-up input failed (${problem.split("\n", 1)[0]})`;
}
