import type { Import } from "./imports.ts";

/** The files that reach themselves by what they import, those of each circle together (Tarjan 1972, strongly connected components). */
export function circlesOf(imports: readonly Pick<Import, "from" | "to">[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) {
    const known = targets.get(from);
    if (known) known.push(to);
    else targets.set(from, [to]);
  }
  const found: string[][] = [];
  /** When a file was first seen, and the earliest file that it reaches and that is not in a component yet. */
  const seen = new Map<string, { readonly at: number; low: number }>();
  const path: string[] = [];
  const visit = (file: string) => {
    const own = { at: seen.size, low: seen.size };
    seen.set(file, own);
    path.push(file);
    for (const target of targets.get(file) ?? []) {
      const other = seen.get(target) ?? visit(target);
      if (path.includes(target)) own.low = Math.min(own.low, other.low);
    }
    if (own.low === own.at) {
      const component = path.splice(path.indexOf(file));
      if (component.length > 1 || targets.get(file)?.includes(file)) found.push(component.sort());
    }
    return own;
  };
  for (const file of targets.keys()) if (!seen.has(file)) visit(file);
  return found;
}
