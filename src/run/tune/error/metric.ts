/** What a model answered, and what it should have: another answer, or the truth as a person wrote it. */
export interface Pair {
  readonly truth: unknown;
  readonly answer: unknown;
}

/** How wrong answers are, from 0 (all right) to 1. */
export interface Metric {
  /** As a table heads it. */
  readonly title: string;
  /**
   * Why what a person wrote is nothing that an answer can be held to; null where it is. Held to it nevertheless, all variants would be
   * as wrong as the original, and none more wrong.
   * @param truth as it was written
   * @param answer the original's
   * @param labels of the model's classes; null where they have no names but their numbers
   */
  problemOf(truth: unknown, answer: unknown, labels: readonly string[] | null): string | null;
  of(pairs: readonly Pair[]): number | Promise<number>;
}

/** A field of an answer, where it is an object that has it. */
export function field(answer: unknown, name: string): unknown {
  return typeof answer === "object" && answer !== null && Object.hasOwn(answer, name)
    ? (answer as Record<string, unknown>)[name]
    : undefined;
}

/** A few of many names, for a sentence. */
export function someOf(names: readonly string[]): string {
  const few = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${few} and ${names.length - 5} more` : few;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
