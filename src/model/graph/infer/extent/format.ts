import { type Extent, type Factor, factorOf, type Term } from "./extent.ts";

/**
 * A length as a person writes it: "batch*heads", "floor(height/2) + 1". Null where it rests on a length that has no name.
 * @param derived whether expressions are written at all, or only numbers and names
 */
export function formatExtent(extent: Extent, derived = true): number | string | null {
  if (typeof extent === "number") return extent;
  const factor = factorOf(extent);
  if (factor?.kind === "symbol") return factor.name;
  return derived ? formatSum(extent) : null;
}

function formatSum(extent: Extent): string | null {
  if (typeof extent === "number") return String(extent);
  let text = "";
  for (const term of extent.terms) {
    const written = formatTerm(term);
    if (written === null) return null;
    if (text === "") text = term.coefficient < 0 ? `-${written}` : written;
    else text += term.coefficient < 0 ? ` - ${written}` : ` + ${written}`;
  }
  const { constant } = extent;
  if (constant === 0) return text;
  return constant < 0 ? `${text} - ${-constant}` : `${text} + ${constant}`;
}

function formatTerm({ coefficient, factors }: Term): string | null {
  const parts: string[] = Math.abs(coefficient) === 1 ? [] : [String(Math.abs(coefficient))];
  for (const factor of factors) {
    const text = formatFactor(factor, factors.length > 1 || parts.length > 0);
    if (text === null) return null;
    parts.push(text);
  }
  return parts.join("*");
}

/** Names may be expressions themselves ("past + 1"): in a product they stand in brackets. */
function formatFactor(factor: Factor, isInProduct: boolean): string | null {
  if (factor.kind === "symbol") {
    return factor.name !== null && isInProduct && !/^[\w.]+$/.test(factor.name)
      ? `(${factor.name})`
      : factor.name;
  }
  const operands = factor.operands.map(formatSum);
  if (operands.includes(null)) return null;
  if (factor.kind !== "floor") return `${factor.kind}(${operands.join(", ")})`;
  const [dividend, divisor] = operands as string[];
  const bracket = (text = "") => (/[ *+-]/.test(text) ? `(${text})` : text);
  return `floor(${/ /.test(dividend ?? "") ? `(${dividend})` : dividend}/${bracket(divisor)})`;
}
