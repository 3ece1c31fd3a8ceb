// What a package's entry offers to those who write TypeScript: every name that it exports, with its declaration, and the declarations
// of all types that these name in turn. Read from dist/*.d.ts, which is what is published.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseSync } from "oxc-parser";
import { ROOT } from "../architecture/imports.ts";

/** Where a name comes from: another file's export of some name, or a package. */
interface Origin {
  readonly from: string;
  readonly name: string;
}

interface File {
  /** Declarations by name; overloads of a function are several. */
  readonly declared: ReadonlyMap<string, readonly string[]>;
  readonly imported: ReadonlyMap<string, Origin>;
  readonly exported: ReadonlyMap<string, Origin>;
  /** Files of which all exports are exported. */
  readonly all: readonly string[];
}

type Node = { type: string; start: number; end: number } & Record<string, unknown>;

const files = new Map<string, File>();

/** Comments are no part of what is frozen, nor is where lines break. */
function tidy(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*$/gm, "")
    .replace(/^export (declare )?|^declare /, "")
    .replace(/\s+/g, " ")
    .trim();
}

function nameOf(node: unknown): string {
  const { name, value } = node as { name?: string; value?: string };
  return name ?? value ?? "";
}

function targetOf(file: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return resolve(dirname(file), specifier).replace(/(\.d)?\.[jt]s$/, ".d.ts");
}

function readFile(path: string): File {
  const known = files.get(path);
  if (known) return known;
  const text = readFileSync(path, "utf8");
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const declared = new Map<string, string[]>();
  const imported = new Map<string, Origin>();
  const exported = new Map<string, Origin>();
  const all: string[] = [];
  const file: File = { declared, imported, exported, all };
  files.set(path, file);
  const declare = (node: Node, isExported: boolean) => {
    const names =
      node.type === "VariableDeclaration"
        ? (node.declarations as Node[]).map(({ id }) => nameOf(id))
        : [nameOf(node.id)];
    for (const name of names) {
      declared.set(name, [...(declared.get(name) ?? []), tidy(text.slice(node.start, node.end))]);
      if (isExported) exported.set(name, { from: path, name });
    }
  };
  for (const node of program.body as unknown as Node[]) {
    const source = node.source ? targetOf(path, nameOf(node.source)) : path;
    if (node.type === "ImportDeclaration") {
      for (const each of node.specifiers as Node[]) {
        const name =
          each.type === "ImportNamespaceSpecifier" ? "*" : nameOf(each.imported ?? { name: "default" });
        imported.set(nameOf(each.local), { from: source, name });
      }
    } else if (node.type === "ExportAllDeclaration") {
      all.push(source);
    } else if (node.type === "ExportNamedDeclaration") {
      if (node.declaration) declare(node.declaration as Node, true);
      for (const each of node.specifiers as Node[])
        exported.set(nameOf(each.exported), { from: source, name: nameOf(each.local) });
    } else if (node.type !== "EmptyStatement" && node.id) {
      declare(node, false);
    }
  }
  return file;
}

/** Where a name is declared, behind all files that pass it on. */
function originOf(path: string, name: string): Origin | null {
  if (!existsSync(path)) return { from: path, name };
  const file = readFile(path);
  if (file.declared.has(name)) return { from: path, name };
  const next = file.imported.get(name) ?? file.exported.get(name);
  if (next && !(next.from === path && next.name === name)) return originOf(next.from, next.name);
  for (const each of file.all) {
    const found = originOf(each, name);
    if (found && existsSync(found.from)) return found;
  }
  return null;
}

function exportsOf(path: string): string[] {
  const file = readFile(path);
  return [...new Set([...file.exported.keys(), ...file.all.flatMap(exportsOf)])];
}

/** Words of a declaration that may be names of types. */
const WORD = /[A-Za-z_$][\w$]*/g;

/** @param entry of package.json's exports, such as "." or "./client" */
export function surfaceOf(entry: string): string {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const path = join(ROOT, exports[entry].types);
  const offered: string[] = [];
  const behind = new Map<string, string>();
  const waiting: Origin[] = [];
  const add = (origin: Origin): readonly string[] => {
    const { declared, imported } = readFile(origin.from);
    const texts = declared.get(origin.name) ?? [];
    for (const [word] of texts.join("\n").matchAll(WORD))
      if (declared.has(word) || imported.has(word)) waiting.push({ from: origin.from, name: word });
    return texts;
  };
  for (const name of exportsOf(path).sort()) {
    const origin = originOf(path, name);
    if (!origin || !existsSync(origin.from))
      throw new Error(`${entry} exports ${name}, which is nowhere declared`);
    const renamed = origin.name === name ? "" : `as ${name}: `;
    offered.push(...add(origin).map((text) => `${renamed}${text}`));
  }
  const seen = new Set(offered);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const origin = originOf(next.from, next.name);
    if (!origin || !existsSync(origin.from)) continue;
    const key = `${origin.from}\n${origin.name}`;
    const texts = readFile(origin.from).declared.get(origin.name) ?? [];
    if (behind.has(key) || texts.every((text) => seen.has(text))) continue;
    behind.set(key, texts.join("\n"));
    add(origin);
  }
  return `${offered.join("\n")}\n\n// behind these\n\n${[...behind.values()].sort().join("\n")}\n`;
}
