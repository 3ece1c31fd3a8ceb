/** What a model answered, and what it should have: another answer, or the truth as a person wrote it. */
export interface Pair {
  readonly truth: unknown;
  readonly answer: unknown;
}

/** How wrong answers are, from 0 (all right) to 1. */
export interface Metric {
  /** As a table heads it. */
  readonly title: string;
  of(pairs: readonly Pair[]): number | Promise<number>;
}

/** A field of an answer, where it is an object that has it. */
export function field(answer: unknown, name: string): unknown {
  return typeof answer === "object" && answer !== null && Object.hasOwn(answer, name)
    ? (answer as Record<string, unknown>)[name]
    : undefined;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
