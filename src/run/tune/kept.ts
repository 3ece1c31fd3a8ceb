import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail, toPlainError } from "../../base/errors/index.ts";
import { makeFolder, writeWhole } from "../../base/node/index.ts";
import type { Cost, Errors } from "./variant/messages.ts";

/** What is kept of a search, so that one that was stopped goes on. */
interface Page {
  /** What was measured, with what, and how: results of anything else are not these. */
  readonly key: string;
  readonly costs: Record<string, Kept<Cost & { size: number }>>;
  readonly errors: Record<string, Kept<Errors>>;
}

export type Kept<T> = { readonly value: T } | { readonly failed: { code: string; message: string } };

const FILE = "tune.json";
/** What a search makes in its folder; nothing else there is touched. */
const OWN = ["models", "chosen", "report.html", FILE];

/** The results of a search, in its folder. */
export class Results {
  readonly #folder: string;
  readonly #page: Page;

  private constructor(folder: string, page: Page) {
    this.#folder = folder;
    this.#page = page;
  }

  /**
   * Opens a folder for a search. Results of the same search are gone on with; those of another one are removed.
   * @param facts all that results depend on
   * @throws TUNE_FOLDER where the folder holds something else, FILE_*
   */
  static async open(folder: string, facts: unknown): Promise<Results> {
    const key = createHash("sha256").update(JSON.stringify(facts)).digest("hex");
    await makeFolder(folder);
    const known = await readPage(join(folder, FILE));
    if (known?.key === key) return new Results(folder, known);
    if (known === null) {
      // Where there is no page of ours, nothing is ours, whatever it is called.
      const [other] = await readdir(folder);
      if (other !== undefined) throw fail("TUNE_FOLDER", { folder, name: other }, { where: folder });
    }
    for (const name of OWN) await rm(join(folder, name), { recursive: true, force: true });
    const results = new Results(folder, { key, costs: {}, errors: {} });
    // From now on what is made here is ours, also where the search ends before anything was measured.
    await results.#keep();
    return results;
  }

  get measured(): number {
    return Object.keys(this.#page.costs).length;
  }

  /** What was measured before, or is now. What cannot be measured is a result too, unless somebody stopped it. */
  cost(name: string, work: () => Promise<Cost & { size: number }>): Promise<Kept<Cost & { size: number }>> {
    return this.#once(this.#page.costs, name, work);
  }

  /** @param isNeeded whether nothing can go on without it: then its failure is the caller's, and not kept */
  error(name: string, work: () => Promise<Errors>, isNeeded = false): Promise<Kept<Errors>> {
    return this.#once(this.#page.errors, name, work, isNeeded);
  }

  async #once<T>(
    all: Record<string, Kept<T>>,
    name: string,
    work: () => Promise<T>,
    isNeeded = false,
  ): Promise<Kept<T>> {
    const known = Object.hasOwn(all, name) ? all[name] : undefined;
    if (known) return known;
    const kept = await work().then(
      (value): Kept<T> => ({ value }),
      (error: unknown): Kept<T> => {
        const { code, message } = toPlainError(error);
        // What becomes of files says nothing of a variant, and may go well the next time.
        if (isNeeded || code === "ABORTED" || code.startsWith("FILE_")) throw error;
        return { failed: { code, message } };
      },
    );
    all[name] = kept;
    await this.#keep();
    return kept;
  }

  #keep(): Promise<void> {
    return writeText(join(this.#folder, FILE), JSON.stringify(this.#page));
  }
}

/** Null where there is none, or another tool's: ours appears whole or not at all. */
async function readPage(path: string): Promise<Page | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  try {
    const page: Partial<Page> | null = JSON.parse(text ?? "null");
    const isOurs = isKey(page?.key) && isRecord(page?.costs) && isRecord(page?.errors);
    return isOurs ? (page as Page) : null;
  } catch {
    return null;
  }
}

function isKey(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** @throws FILE_* */
export function writeText(path: string, text: string): Promise<void> {
  return writeWhole(path, [new TextEncoder().encode(text)]);
}
