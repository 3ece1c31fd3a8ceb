import { unknownSyntax } from "./unknown.ts";

type Transform = typeof import("oxc-transform");

/** Files that are TypeScript. */
const TYPED = /\.[cm]?ts$/;

/** Node from 24 on ends what `using` names by itself, and has nothing put in its place. */
const TARGET = knowsUsing() ? "esnext" : "es2022";

export function isTyped(url: string): boolean {
  return url.startsWith("file:") && TYPED.test(url.split("?", 1)[0] ?? "");
}

/**
 * JavaScript of a TypeScript file: types are taken out, nothing is checked. Lines stay where they are as far as the stripper
 * keeps them; a map in the file says where they were. JavaScript is read in the same way.
 * @throws SyntaxError with the place
 */
export function strip({ transformSync }: Transform, path: string, source: string): string {
  const { code, errors, map, helpersUsed } = transformSync(path, source, {
    lang: TYPED.test(path) ? "ts" : "js",
    sourceType: "module",
    sourcemap: true,
    target: TARGET,
    typescript: { onlyRemoveTypeImports: false },
    // Of no use but to be found: what needs helpers is refused below.
    decorator: { legacy: true },
  });
  const [first] = errors;
  if (first) throw new SyntaxError([first.message, first.codeframe].filter(Boolean).join("\n"));
  const unknown = unknownSyntax(Object.keys(helpersUsed), source);
  if (unknown !== null) throw new SyntaxError(unknown);
  const encoded = map ? Buffer.from(JSON.stringify(map)).toString("base64") : "";
  return encoded === "" ? code : `${code}\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

function knowsUsing(): boolean {
  try {
    new Function("{ using nothing = null; }");
    return true;
  } catch {
    return false;
  }
}

/** A sibling that is named with the ending that it would have when built. */
export function sourceOf(specifier: string): string | null {
  return /^\.{1,2}\/.*\.js$/.test(specifier) ? specifier.replace(/\.js$/, ".ts") : null;
}

/** The package itself, from wherever the module lies. */
export function isOwn(specifier: string): boolean {
  return specifier === "modelyard" || specifier.startsWith("modelyard/");
}
