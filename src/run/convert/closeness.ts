import type { Closeness } from "./verify/compare.ts";

/** "1.2 % (cosine 0.9999)" */
export function closenessText({ relative, cosine }: Closeness): string {
  return `${percent(relative)} (cosine ${cosine > 0.9999 ? cosine.toFixed(7) : cosine.toFixed(4)})`;
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
