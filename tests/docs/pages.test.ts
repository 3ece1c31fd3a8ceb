import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../architecture/imports.ts";
import { blocksOf, COURSE, isShown } from "./course.ts";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

test.each(pages)("%s links to what is there", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8").replace(/```[\s\S]*?```/g, "");
  const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
  expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
});

test("from the README every page is found", () => {
  const seen = new Set<string>();
  const look = (page: string) => {
    if (seen.has(page) || !page.endsWith(".md")) return;
    seen.add(page);
    for (const [, link = ""] of readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)#:]+\.md)/g))
      look(join(dirname(page), link));
  };
  look("README.md");
  const lists = (page: string) => page.startsWith("docs/bench/");
  expect(pages.filter((page) => !seen.has(page) && !lists(page))).toEqual([]);
});

test("a page of the course has a command in each of its sessions", () => {
  for (const page of COURSE) {
    const blocks = blocksOf(readFileSync(join(ROOT, `docs/${page}.md`), "utf8"));
    expect(blocks.length, page).toBeGreaterThan(2);
    for (const { language, text, line } of blocks)
      if (language === "console") expect(text, `${page}:${line}`).toMatch(/^\$ /);
  }
});

test("what is printed is held to what a page shows", () => {
  expect(isShown("a\nb\n", "a\nb\n")).toBe(true);
  expect(isShown("a\nb\n", "a\n")).toBe(false);
  expect(isShown("a\nb\nc\n", "a\n…\n")).toBe(true);
  expect(isShown("a\nb\nc\n", "…\nc\n")).toBe(true);
  expect(isShown("a 12 ms\n", "a … ms\n")).toBe(true);
  expect(isShown("a 12 s\n", "a … ms\n")).toBe(false);
  expect(isShown("\nsaid\n", "said\n")).toBe(true);
  expect(isShown("", "")).toBe(true);
  expect(isShown("said\n", "")).toBe(false);
});
