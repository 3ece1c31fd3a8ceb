import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { isOwn, isTyped, sourceOf, strip } from "./strip.ts";

type Next<C> = (specifier: string, context?: C) => Promise<unknown>;
interface ResolveContext {
  readonly parentURL?: string;
}

/** Where Node finds what a module imports; run in a thread of Node's own, before 22.15. */
export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: Next<ResolveContext>,
): Promise<unknown> {
  if (isOwn(specifier)) return next(specifier, { ...context, parentURL: import.meta.url });
  const typed = sourceOf(specifier);
  if (typed === null) return next(specifier, context);
  return next(specifier, context).catch((error: unknown) =>
    next(typed, context).catch(() => {
      throw error;
    }),
  );
}

export async function load(url: string, context: unknown, next: Next<unknown>): Promise<unknown> {
  if (!isTyped(url)) return next(url, context);
  const path = fileURLToPath(url);
  const source = strip(await import("oxc-transform"), path, await readFile(path, "utf8"));
  return { format: "module", source, shortCircuit: true };
}
