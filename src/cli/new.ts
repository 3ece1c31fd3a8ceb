import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { fail } from "../base/errors/index.ts";
import { packageVersion } from "../base/node/version.ts";
import { generateClient } from "../model/contract/index.ts";
import { openSource } from "../run/pipeline/index.ts";
import { writeDeployment } from "../serve/deploy/index.ts";
import type { Terminal } from "./terminal.ts";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const TEMPLATE = join(PACKAGE, "templates/project");
const ENDING = ".template";
/** What the project begins with, from the examples: a model of 26 kB. */
const MODEL = join(PACKAGE, "examples/models/mnist");

export function define(command: Command, terminal: Terminal): void {
  command
    .argument("<name>", "of the project and its first model: small letters, digits and -")
    .addHelpText("after", "\nExample:\n  $ modelyard new digits && cd digits && npm install && npm start")
    .action(async (name: string) => {
      const files = await makeProject(name, process.cwd());
      terminal.answer({ project: name, files }, () =>
        [
          ...files.map((file) => `  ${file}`),
          "",
          `It answers as it stands:\n  modelyard run ${name}/models/${name} ${name}/models/${name}/seven.png`,
        ].join("\n"),
      );
    });
}

/**
 * Writes a project: a model with its module and its types, a test, a Dockerfile and a README.
 * @returns what was written, from `parent` on
 * @throws NEW_NAME, NEW_EXISTS
 */
async function makeProject(name: string, parent: string): Promise<string[]> {
  // What npm and the servers of the world agree on.
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) throw fail("NEW_NAME", { name });
  const folder = join(parent, name);
  const there = await readdir(folder).catch(() => []);
  if (there.length > 0) throw fail("NEW_EXISTS", { folder: name }, { where: folder });
  const words = new Map([
    ["{{name}}", name],
    ["{{Type}}", typeOf(name)],
    ["{{version}}", packageVersion()],
  ]);
  const model = join(folder, "models", name);
  const written: string[] = [];
  const write = async (path: string, put: (path: string) => Promise<void>) => {
    await mkdir(dirname(path), { recursive: true });
    await put(path);
    written.push(relative(parent, path));
  };
  for (const entry of await readdir(TEMPLATE, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(ENDING)) continue;
    const from = join(entry.parentPath, entry.name);
    const to = relative(TEMPLATE, from).slice(0, -ENDING.length).replaceAll("NAME", name);
    let text = await readFile(from, "utf8");
    for (const [hole, word] of words) text = text.replaceAll(hole, word);
    await write(join(folder, to), (path) => writeFile(path, text));
  }
  await write(join(model, "model.onnx"), (path) => copyFile(join(MODEL, "1/mnist-8.onnx"), path));
  await write(join(model, "seven.png"), (path) => copyFile(join(MODEL, "seven.png"), path));
  await write(join(model, "types.ts"), async (path) => writeFile(path, await typesOf(model)));
  // As `deploy docker` writes it, here as everywhere.
  const { files } = await writeDeployment({
    out: folder,
    models: join(folder, "models"),
    package: `modelyard@${packageVersion()}`,
    compose: false,
  });
  for (const file of files) if (file !== "models") written.push(relative(parent, join(folder, file)));
  return written.sort();
}

/** As `modelyard types --no-client` writes them. */
async function typesOf(model: string): Promise<string> {
  const opened = await openSource(model);
  try {
    const { name, signature, contract, file } = opened;
    const { answer: taskAnswer, accepts } = await opened.task.load();
    return generateClient(name, {
      signature,
      contract,
      taskAnswer,
      answer: file.answer ?? taskAnswer,
      accepts: accepts.kind,
      client: false,
      module: true,
      pipeline: false,
    });
  } finally {
    await opened.close();
  }
}

/** "read-text" becomes ReadText, as the types are called. */
function typeOf(name: string): string {
  return name
    .split("-")
    .map((word) => `${word[0]?.toUpperCase() ?? ""}${word.slice(1)}`)
    .join("");
}
