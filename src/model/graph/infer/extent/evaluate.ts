import type { Extent, Factor } from "./extent.ts";

/**
 * The number that an expression stands for, once its symbols are known.
 * @param lengths by the key of the symbol
 * @returns null where a symbol has no length
 */
export function evaluateExtent(extent: Extent, lengths: ReadonlyMap<string, number>): number | null {
  if (typeof extent === "number") return extent;
  let sum = extent.constant;
  for (const { coefficient, factors } of extent.terms) {
    let product = coefficient;
    for (const factor of factors) {
      const value = evaluateFactor(factor, lengths);
      if (value === null) return null;
      product *= value;
    }
    sum += product;
  }
  return sum;
}

function evaluateFactor(factor: Factor, lengths: ReadonlyMap<string, number>): number | null {
  if (factor.kind === "symbol") return lengths.get(factor.key) ?? null;
  const operands: number[] = [];
  for (const operand of factor.operands) {
    const value = evaluateExtent(operand, lengths);
    if (value === null) return null;
    operands.push(value);
  }
  if (factor.kind === "min") return Math.min(...operands);
  if (factor.kind === "max") return Math.max(...operands);
  if (factor.kind === "broadcast") return operands.find((length) => length !== 1) ?? 1;
  const [dividend = 0, divisor = 1] = operands;
  return Math.floor(dividend / divisor);
}
