import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { fileError } from "../../base/node/index.ts";

export interface Samples {
  /** Paths, sorted. */
  readonly paths: readonly string[];
  /** What is right, by path. */
  readonly truths: Readonly<Record<string, unknown>>;
}

/** Of a folder of samples: what is right, by the files' names. */
const LABELS = "labels.json";

/**
 * Samples from files and folders. In a folder, labels.json says what is right: a label, a text, or an answer as the task gives it; or
 * each label has a folder of its name.
 * @throws FILE_*, TUNE_LABELS
 */
export async function readSamples(given: readonly string[]): Promise<Samples> {
  const paths: string[] = [];
  const truths: Record<string, unknown> = Object.create(null);
  for (const path of given) {
    const info = await stat(path).catch((cause: unknown) => {
      throw fileError(path, cause);
    });
    if (info.isDirectory()) await readFolder(path, paths, truths);
    else paths.push(path);
  }
  return { paths, truths: { ...truths } };
}

async function readFolder(folder: string, paths: string[], truths: Record<string, unknown>): Promise<void> {
  const entries = (await readdir(folder, { withFileTypes: true }))
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.isDirectory()) {
      for (const name of (await readdir(join(folder, entry.name))).sort()) {
        if (name.startsWith(".")) continue;
        const path = join(folder, entry.name, name);
        paths.push(path);
        truths[path] = entry.name;
      }
    } else if (entry.name !== LABELS) paths.push(join(folder, entry.name));
  }
  if (!entries.some(({ name }) => name === LABELS)) return;
  const known = new Set(paths);
  for (const [name, truth] of Object.entries(await readLabels(join(folder, LABELS)))) {
    const path = join(folder, name);
    if (!known.has(path)) {
      throw fail("TUNE_LABELS", {
        path: join(folder, LABELS),
        problem: `there is no sample ${basename(name)}`,
      });
    }
    truths[path] = truth;
  }
}

async function readLabels(path: string): Promise<object> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  try {
    const labels: unknown = JSON.parse(text);
    if (typeof labels === "object" && labels !== null && !Array.isArray(labels)) return labels;
  } catch (cause) {
    const problem = `it is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw fail("TUNE_LABELS", { path, problem }, { where: path, cause });
  }
  throw fail("TUNE_LABELS", { path, problem: "it is no object of files' names" }, { where: path });
}
