/** Whether and why waiting requests are merged. */
export interface Batching {
  /** Most rows of one batch that the host forms from waiting requests; 1: never merged. */
  readonly max: number;
  /** One clause for a person: "declared", or what the probe saw, or what switched it off. */
  readonly reason: string;
}
