import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { circlesOf } from "./circles.ts";
import { importsOf, ROOT, sourceFiles } from "./imports.ts";
import { LAYERS, type Layer } from "./layers.ts";

/** The row of the longest folder that holds the file. */
function layerOf(file: string): Layer | undefined {
  return LAYERS.filter((layer) => file.startsWith(`${layer.folder}/`)).sort(
    (a, b) => b.folder.length - a.folder.length,
  )[0];
}

const files = [...sourceFiles("src"), ...sourceFiles("web/src")].sort();
const imports = files.flatMap(importsOf);

test("imports go only where the table allows", () => {
  const problems: string[] = [];
  for (const item of imports) {
    const layer = layerOf(item.from);
    if (!layer) {
      problems.push(`${item.from} lies in no folder of the table`);
    } else if (item.isPackage) {
      const allowed = layer.packages.some(
        (name) => name === item.to || (name === "node:*" && item.to.startsWith("node:")),
      );
      if (!allowed) problems.push(`${item.from} imports ${item.to}: not in the packages of ${layer.folder}`);
    } else if (!existsSync(join(ROOT, item.to))) {
      problems.push(`${item.from} imports ${item.to}, which does not exist`);
    } else {
      const target = layerOf(item.to);
      if (!target) problems.push(`${item.from} imports ${item.to}, which lies in no folder of the table`);
      else if (target !== layer) {
        const whole = layer.imports.includes(target.folder);
        const types = item.typeOnly && layer.imports.includes(`${target.folder} (types)`);
        if (!whole && !types)
          problems.push(`${item.from} imports ${item.to}: ${layer.folder} may not import ${target.folder}`);
      }
    }
  }
  expect(problems).toEqual([]);
  // A walk that saw nothing is broken, not clean.
  expect(imports.filter((item) => !item.isPackage).length).toBeGreaterThan(30);
});

test("no files import each other in a circle, be it types alone", () => {
  expect(circlesOf(imports.filter((item) => !item.isPackage))).toEqual([]);
  const [a, b, c, d] = ["a.ts", "b.ts", "c.ts", "d.ts"];
  const circle = circlesOf([
    { from: a, to: b },
    { from: b, to: c },
    { from: c, to: b },
    { from: c, to: d },
  ]);
  expect(circle).toEqual([[b, c]]);
});

test("formats never import each other", () => {
  const format = (file: string) => /^src\/model\/formats\/([^/]+)\//.exec(file)?.[1];
  const crossing = imports.filter(
    (item) => format(item.from) && format(item.to) && format(item.from) !== format(item.to),
  );
  expect(crossing).toEqual([]);
});

test("every folder of the product is in the table", () => {
  const inTable = new Set(LAYERS.map((layer) => layer.folder));
  const missing = ["src/run", "src/serve"].flatMap((storey) =>
    readdirSync(join(ROOT, storey), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && sourceFiles(`${storey}/${entry.name}`).length > 0)
      .map((entry) => `${storey}/${entry.name}`)
      .filter((folder) => !inTable.has(folder)),
  );
  expect(missing).toEqual([]);
});

test("ARCHITECTURE.md shows this table", () => {
  const path = join(ROOT, "ARCHITECTURE.md");
  const text = readFileSync(path, "utf8");
  const cell = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
  const rows = LAYERS.map(
    (layer) => `| \`${layer.folder}\` | ${cell(layer.imports)} | ${cell(layer.packages)} |`,
  );
  const table = ["| folder | may import | packages |", "|---|---|---|", ...rows].join("\n");
  const expected = text.replace(
    /<!-- layers -->[\s\S]*<!-- \/layers -->/,
    `<!-- layers -->\n${table}\n<!-- /layers -->`,
  );
  // `npm run docs` writes the table; a plain test run only compares.
  if (process.env.MODELYARD_WRITE_DOCS === "1") writeFileSync(path, expected);
  else expect(text).toBe(expected);
});
