/** For options that may be given several times; without a default, which help would print. */
export function collect(value: string, all: readonly string[] = []): string[] {
  return [...all, value];
}
