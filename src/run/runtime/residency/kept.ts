import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../../base/node/index.ts";
import { isCarried } from "../elements.ts";
import type { Known } from "./measure.ts";

/** Of these files' form; another one is not read. */
const FORMAT = 2;
/** Signatures of thousands of outputs; what is larger is none of ours. */
const MAX_BYTES = 4 * 2 ** 20;
const UNUSED_MS = 30 * 86_400_000;

/** The file in which what is known of a model is kept. @param key all that it depends on */
function fileOf(folder: string, key: readonly unknown[]): string {
  const name = createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 32);
  return join(folder, `${name}.json`);
}

/** Null where nothing is kept, or nothing that can be read: it is measured again then. */
export async function findKnown(folder: string, key: readonly unknown[]): Promise<Known | null> {
  const path = fileOf(folder, key);
  const info = await stat(path).catch(() => null);
  if (info === null || info.size > MAX_BYTES) return null;
  const known = parse(await readFile(path, "utf8").catch(() => ""));
  const now = new Date();
  // What is kept longest unused goes first.
  if (known) await utimes(path, now, now).catch(() => {});
  return known;
}

export async function keepKnown(folder: string, key: readonly unknown[], known: Known): Promise<void> {
  const path = fileOf(folder, key);
  await makeFolder(folder);
  const staged = `${path}.${randomUUID()}.part`;
  await writeFile(staged, `${JSON.stringify({ format: FORMAT, known })}\n`);
  await rename(staged, path);
}

/** Removes what nobody has used for long. @param now milliseconds since the epoch */
export async function sweepKnown(folder: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => null);
    if (info && now - info.mtimeMs > UNUSED_MS) await rm(path, { force: true });
  }
}

function parse(text: string): Known | null {
  let page: { format?: unknown; known?: Partial<Known> };
  try {
    page = JSON.parse(text) as typeof page;
  } catch {
    return null;
  }
  const { signature, batching, single, device, cost } = page?.known ?? {};
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const areSpecs = (specs: unknown) =>
    Array.isArray(specs) && specs.every((spec) => typeof spec?.name === "string" && isCarried(spec?.dtype));
  if (page?.format !== FORMAT || !areSpecs(signature?.inputs) || !areSpecs(signature?.outputs)) return null;
  if (!isCount(batching?.max) || typeof single !== "boolean" || typeof device !== "string") return null;
  if (![cost?.own, cost?.mapped, cost?.loading].every(isCount)) return null;
  return page.known as Known;
}
