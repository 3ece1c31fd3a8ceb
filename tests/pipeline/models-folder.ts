// Folders of models, laid out as a test says.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";

export const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");
export const SEVEN = join(ROOT, "examples/models/mnist/seven.png");
export const SUM = join(ROOT, "tests/fixtures/runtime/running-total.onnx");

/** What lies at a path: a text, a copy of a file, or a link to it. */
export type Content = string | { copy: string } | { link: string };

/** A fresh folder with these files. */
export function modelsFolder(files: Readonly<Record<string, Content>>): string {
  const folder = emptyFolder();
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === "string") writeFileSync(path, content);
    else if ("copy" in content) cpSync(content.copy, path);
    else symlinkSync(content.link, path);
  }
  return folder;
}
