/** Thrown by `step.refuse`: this node cannot be brought to the target. */
export class Refusal extends Error {}
