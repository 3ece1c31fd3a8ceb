import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseSync } from "oxc-parser";

export const ROOT = resolve(import.meta.dirname, "../..");

export interface Import {
  /** The importing file, from the repository's root. */
  readonly from: string;
  /** A file from the repository's root, or a package's name. */
  readonly to: string;
  readonly isPackage: boolean;
  readonly typeOnly: boolean;
}

export function sourceFiles(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        /\.tsx?$/.test(entry.name) &&
        !/node_modules|[/\\]dist([/\\]|$)/.test(entry.parentPath),
    )
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

/** Every import, re-export and dynamic import of a file; a dynamic import must name its module literally. */
export function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean) => {
    if (specifier.startsWith(".")) {
      const to = relative(ROOT, resolve(ROOT, dirname(file), specifier));
      found.push({ from: file, to, isPackage: false, typeOnly });
    } else {
      const parts = specifier.split("/");
      const name = specifier.startsWith("node:")
        ? specifier
        : parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
      found.push({ from: file, to: name, isPackage: true, typeOnly });
    }
  };
  for (const item of module.staticImports) {
    add(item.moduleRequest.value, item.entries.length > 0 && item.entries.every((entry) => entry.isType));
  }
  for (const item of module.staticExports) {
    for (const entry of item.entries) if (entry.moduleRequest) add(entry.moduleRequest.value, entry.isType);
  }
  for (const item of module.dynamicImports) {
    const literal = /^\s*["'`]([^"'`$]+)["'`]\s*$/.exec(
      text.slice(item.moduleRequest.start, item.moduleRequest.end),
    );
    if (literal?.[1]) add(literal[1], false);
  }
  return found;
}
