import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CATALOGUE } from "../../src/base/errors/index.ts";
import { ROOT, sourceFiles } from "../architecture/imports.ts";

const codes = Object.keys(CATALOGUE) as (keyof typeof CATALOGUE)[];

test("docs/errors.md documents every code (`npm run docs` writes it)", async () => {
  const rows = codes.sort().map((code) => {
    const { what, hint, http, grpc } = CATALOGUE[code];
    return `## ${code}\n\n${what}\n\n${hint}\n\nHTTP ${http}, gRPC ${grpc}.\n`;
  });
  const text = `# Errors\n\nGenerated from src/base/errors by \`npm run docs\`. Words in braces are filled in when the error happens. On the\ncommand line every error exits with 1, and a usage error with 2.\n\n${rows.join("\n")}`;
  await expect(text).toMatchFileSnapshot("../../docs/errors.md");
});

test("every code is thrown somewhere in the product", () => {
  const product = sourceFiles("src")
    .filter((file) => !file.startsWith("src/base/errors/rows/"))
    .map((file) => readFileSync(join(ROOT, file), "utf8"))
    .join("\n");
  const unused = codes.filter((code) => !product.includes(`"${code}"`));
  expect(unused).toEqual([]);
});

test("every code is expected by a test", () => {
  const here = "tests/docs/errors.test.ts";
  const tests = readdirSync(join(ROOT, "tests"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && `tests/${file}` !== here)
    .map((file) => readFileSync(join(ROOT, "tests", file), "utf8"))
    .join("\n");
  expect(codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(tests))).toEqual([]);
});
