// Every block of every page is run by a test, or is listed here with the reason why it is not. A block is what is fenced, or lines that
// are indented by four spaces; what is fenced on pages of the course is read by course.full.test.ts, which refuses what it does not know.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../architecture/imports.ts";
import { blocksOf, COURSE } from "./course.ts";

const COMMANDS = "tests/docs/readme.test.ts";
/** Page, how a block begins, and what runs it: a file of this repository that names the page, or one that does the same. */
const RUN_BY: readonly (readonly [page: string, begins: RegExp, by: string, reason?: string])[] = [
  ["README.md", /^import /, COMMANDS],
  ["README.md", /^npm ci && npm start/, "tests/cli/demo.test.ts", "CI itself begins with `npm ci`"],
  [
    "README.md",
    /^ONNXRUNTIME_NODE_INSTALL=skip npm install modelyard/,
    "scripts/check-package.js",
    "installs the packed tarball",
  ],
  ["README.md", /^modelyard convert/, COMMANDS],
  ["README.md", /^modelyard serve/, "tests/cli/serve.test.ts", "a server runs on"],
  ["CONTRIBUTING.md", /^npm ci\n/, ".ci/run", "these are what CI runs"],
  ["docs/compile.md", /^modelyard /, COMMANDS],
  ["docs/measuring.md", /^modelyard /, COMMANDS],
  ["docs/precision.md", /^modelyard /, COMMANDS],
  ["docs/devices.md", /^modelyard /, "tests/docs/devices.test.ts"],
  ["docs/expose.md", /^modelyard |^curl /, "tests/docs/expose.test.ts"],
  ["docs/model-yaml.md", /^\w+:/, "tests/docs/model-yaml.test.ts"],
  ["docs/memory.md", /^modelyard serve/, "tests/serve/residency.test.ts", "a server runs on"],
  [
    "docs/readiness.md",
    /^startupProbe/,
    "tests/serve/protocol.test.ts",
    "Kubernetes is not here; the routes are",
  ],
  [
    "docs/formats/tflite.md",
    /^\/\/ /,
    "tests/docs/tflite.test.ts",
    "shows how a row of the table is written",
  ],
];

interface Found {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

function blocksIn(page: string): Found[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const isRead = COURSE.some((name) => page === `docs/${name}.md`);
  const fenced = isRead ? [] : blocksOf(text).map(({ line, text: own }) => ({ page, line, text: own }));
  // What is fenced has been seen; its lines stay, so that numbers of lines are right.
  const rest = text.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ""));
  const indented = [...rest.matchAll(/(?<=^\n)(?:^ {4}\S.*\n)+/gm)].map((match) => ({
    page,
    line: rest.slice(0, match.index).split("\n").length,
    text: match[0].replace(/^ {4}/gm, ""),
  }));
  return [...fenced, ...indented];
}

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

test("no block of a page is left out", () => {
  const found = pages.flatMap(blocksIn);
  const used = new Set<unknown>();
  const left = found.filter(({ page, text }) => {
    const row = RUN_BY.find(([of, begins]) => of === page && begins.test(text));
    used.add(row);
    return row === undefined;
  });
  expect(left.map(({ page, line, text }) => `${page}:${line} ${text.split("\n", 1)[0]}`)).toEqual([]);
  expect(RUN_BY.filter((row) => !used.has(row))).toEqual([]);
  for (const [page, , by, reason] of RUN_BY) {
    expect(existsSync(join(ROOT, by)), by).toBe(true);
    if (reason === undefined) expect(readFileSync(join(ROOT, by), "utf8"), by).toContain(page);
  }
});
