import type { Closeness } from "./verify/compare.ts";

/**
 * "1.2 % (cosine 0.9999)"
 * @param limit that was missed: the share has as many digits as tell it from this
 */
export function closenessText({ relative, cosine }: Closeness, limit?: number): string {
  return `${percent(relative, limit)} (cosine ${cosine > 0.9999 ? cosine.toFixed(7) : cosine.toFixed(4)})`;
}

export function percent(share: number, limit?: number): string {
  const told = (digits: number) => Number((100 * share).toPrecision(digits));
  let digits = 2;
  while (limit !== undefined && digits < 15 && told(digits) === Number((100 * limit).toPrecision(2)))
    digits++;
  return `${told(digits)} %`;
}
