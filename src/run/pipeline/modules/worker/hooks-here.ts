import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { isOwn, isTyped, sourceOf, strip } from "./strip.ts";

type Next<C> = (specifier: string, context?: C) => unknown;
interface ResolveContext {
  readonly parentURL?: string;
}

/** The same as hooks.ts, in the thread of the module. Where there are such hooks, `require` reads ES modules too. */
const require = createRequire(import.meta.url);

export const hooks = {
  resolve(specifier: string, context: ResolveContext, next: Next<ResolveContext>): unknown {
    if (isOwn(specifier)) return next(specifier, { ...context, parentURL: import.meta.url });
    const typed = sourceOf(specifier);
    if (typed === null) return next(specifier, context);
    try {
      return next(specifier, context);
    } catch (error) {
      try {
        return next(typed, context);
      } catch {
        throw error;
      }
    }
  },
  load(url: string, context: unknown, next: Next<unknown>): unknown {
    if (!isTyped(url)) return next(url, context);
    const path = fileURLToPath(url);
    const source = strip(require("oxc-transform"), path, readFileSync(path, "utf8"));
    return { format: "module", source, shortCircuit: true };
  },
};
