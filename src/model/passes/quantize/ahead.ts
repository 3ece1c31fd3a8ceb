/**
 * Each item with what is worked out of it, in their order, while so many of those that follow are being worked on. When it is left,
 * nothing goes on behind.
 */
export async function* ahead<T, R>(
  items: Iterable<T>,
  most: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<readonly [T, R]> {
  const coming: (readonly [T, Promise<R>])[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // Whoever waits for it hears of a failure.
      result.catch(() => {});
      coming.push([item, result]);
      if (coming.length > most) yield* first(coming);
    }
    while (coming.length > 0) yield* first(coming);
  } finally {
    await Promise.allSettled(coming.map(([, result]) => result));
  }
}

async function* first<T, R>(coming: (readonly [T, Promise<R>])[]): AsyncGenerator<readonly [T, R]> {
  const next = coming.shift();
  if (next) yield [next[0], await next[1]];
}
