import type { Signature, TensorData, TensorSpec } from "../../../model/tensor/tensor.ts";
import { allocate, type Carried, copyInto } from "../elements.ts";
import type { RunSlots } from "./guess.ts";
import type { KnownInput, Slot } from "./messages.ts";
import { GUESSES, type Guess, makeRow, random } from "./probe-rows.ts";

/** How made-up inputs look, of which nobody asks whether their rows are independent. */
export interface MadeGuess extends Guess {
  /** Length of open dimensions of inputs of three and more, besides the leading one: 1 where those are states, [2, batch, 64]. */
  readonly deep: number;
}

/** Tried in turn, the smallest first: after those of the probe, lengths that a piece of sound has. */
const MADE_GUESSES: readonly MadeGuess[] = [
  ...GUESSES.map((guess) => ({ ...guess, deep: guess.inner })),
  { inner: 512, integers: 1, deep: 1 },
  { inner: 1536, integers: 1, deep: 1 },
];

/**
 * Inputs of the model's own shapes, the same whenever that draw is asked for: a leading dimension that is open is 1.
 * @param known what is not to be made up
 */
export function madeUp(
  signature: Signature,
  guess: MadeGuess,
  draw: number,
  known: readonly KnownInput[] = [],
): Slot[] {
  const told = new Map(known.map((each) => [each.name, each]));
  return signature.inputs.flatMap((spec, i) => {
    const own = told.get(spec.name);
    const shape = own?.shape ?? spec.shape ?? [null];
    const open = shape.length > 2 ? guess.deep : guess.inner;
    const dims = shape.map((dim, at) => (typeof dim === "number" ? dim : at === 0 ? 1 : open));
    const width = dims.reduce((product, length) => product * length, 1);
    const row = own?.values
      ? typed(spec, own.values)
      : makeRow(spec, width, draw, guess, random(1 + draw * 1000 + i));
    const data = allocate(spec.dtype as Carried, width);
    copyInto(data, 0, row);
    return [dims, data] satisfies Slot[];
  });
}

function typed({ dtype }: TensorSpec, values: readonly (number | string)[]): TensorData {
  const data = allocate(dtype as Carried, values.length);
  for (const [i, value] of values.entries()) {
    if (Array.isArray(data)) data[i] = String(value);
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(value);
    else data[i] = Number(value);
  }
  return data;
}

/** The first guess with which the model runs; else why none did. */
export async function findMade(
  signature: Signature,
  run: RunSlots,
  known: readonly KnownInput[] = [],
): Promise<MadeGuess | string> {
  let problem = "";
  for (const guess of MADE_GUESSES) {
    try {
      await run(madeUp(signature, guess, 0, known));
      return guess;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  return `no made-up input ran (${problem.split("\n", 1)[0]})`;
}
