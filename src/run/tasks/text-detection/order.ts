/** What has a place in a picture. */
interface Placed {
  readonly box: {
    readonly xmin: number;
    readonly ymin: number;
    readonly xmax: number;
    readonly ymax: number;
  };
}

/**
 * In the order in which a person reads: line by line from the top, and from left to right. Two are in one line where the middle of
 * the one lies within the middle half of the other.
 */
export function inReadingOrder<T extends Placed>(regions: readonly T[]): T[] {
  const middle = ({ box }: T) => (box.ymin + box.ymax) / 2;
  const sorted = [...regions].sort((a, b) => middle(a) - middle(b));
  const lines: T[][] = [];
  for (const region of sorted) {
    const line = lines.at(-1);
    const first = line?.[0];
    const isSame = first && middle(region) - middle(first) < (first.box.ymax - first.box.ymin) / 4;
    if (line && isSame) line.push(region);
    else lines.push([region]);
  }
  return lines.flatMap((line) => line.sort((a, b) => a.box.xmin - b.box.xmin));
}
