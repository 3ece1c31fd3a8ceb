/** Why one operator cannot be converted; the conversion goes on to the next, so that everything missing is told at once. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** A refusal, one clause: "its axis is computed while it runs". */
export function refuse(reason: string): Refusal {
  return new Refusal(reason);
}
