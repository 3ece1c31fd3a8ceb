import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAMILIES } from "../../src/model/formats/tflite/operators/table.ts";
import { ROOT } from "../architecture/imports.ts";

test("docs/formats/tflite.md lists the operators (`npm run docs` writes it)", () => {
  const path = join(ROOT, "docs/formats/tflite.md");
  const before = readFileSync(path, "utf8");
  const families = Object.entries(FAMILIES).map(([family, rows]) => {
    const names = rows.map(({ name, isCustom }) => (isCustom ? `${name} (custom)` : name)).sort();
    return `- **${family}**: ${names.join(", ")}`;
  });
  const count = Object.values(FAMILIES).reduce((sum, rows) => sum + rows.length, 0);
  expect(new Set(Object.values(FAMILIES).flatMap((rows) => rows.map(({ name }) => name))).size).toBe(count);
  const list = `${count} operators, by the files of \`operators/\`:\n\n${families.join("\n")}`;
  const after = before.replace(
    /<!-- operators -->[\s\S]*<!-- \/operators -->/,
    `<!-- operators -->\n${list}\n<!-- /operators -->`,
  );
  if (process.env.MODELYARD_WRITE_DOCS === "1") writeFileSync(path, after);
  else expect(before).toBe(after);
});
