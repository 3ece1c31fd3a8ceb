import { join } from "node:path";
import type { Runnable } from "../convert/runnable.ts";
import { cacheFolder } from "../hub/index.ts";
import {
  findArtefact,
  type Kept,
  keepArtefact,
  type OpenedArtefact,
  sweepArtefacts,
} from "../runtime/index.ts";

/** Smaller models load within some milliseconds as they are. */
const WORTH_BYTES = 1_000_000;

export interface CompilerOptions {
  /** The hub's cache folder; artefacts lie in a folder of it. */
  readonly cache?: string;
  /** Something went wrong that answers do not depend on. */
  readonly onProblem: (error: unknown) => void;
}

export interface CompileJob {
  readonly source: string;
  readonly runnable: Runnable;
  /** Takes the artefact into use. */
  readonly use: (artefact: OpenedArtefact) => Promise<void>;
}

/** Keeps the artefacts of the models that are served, and makes those that are missing, one after the other, behind the answers. */
export class Compiler {
  readonly #folder: string;
  readonly #onProblem: (error: unknown) => void;
  readonly #closing = new AbortController();
  readonly #jobs: CompileJob[] = [];
  #working: Promise<void> | null = null;

  constructor({ cache, onProblem }: CompilerOptions) {
    this.#folder = join(cacheFolder(cache), "compiled");
    this.#onProblem = onProblem;
    void sweepArtefacts(this.#folder).catch(onProblem);
  }

  /** @param bytes of all the model's files */
  isWorth(bytes: number): boolean {
    return bytes >= WORTH_BYTES;
  }

  find(source: string): Promise<Kept> {
    return findArtefact(this.#folder, source);
  }

  /** Makes an artefact now, where there is none. @throws what keepArtefact throws, but for what no later try would change */
  async make({ source, runnable, signal }: Omit<CompileJob, "use"> & { signal?: AbortSignal }): Promise<{
    compiled: boolean;
    refused: string | null;
  }> {
    let kept = await this.find(source);
    if (!kept) {
      const { path, size } = runnable;
      const made = keepArtefact(this.#folder, { path, size, source, ...(signal ? { signal } : {}) });
      const failed = await made.then(
        () => null,
        (error: unknown) => ({ error }),
      );
      kept = await this.find(source);
      if (!kept) throw failed?.error;
    }
    return "refused" in kept ? { compiled: false, refused: kept.refused } : { compiled: true, refused: null };
  }

  add(job: CompileJob): void {
    this.#jobs.push(job);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    const { signal } = this.#closing;
    for (let job = this.#jobs.shift(); job && !signal.aborted; job = this.#jobs.shift()) {
      try {
        const { source, runnable } = job;
        const { path, size } = runnable;
        await job.use(await keepArtefact(this.#folder, { path, size, source, inBackground: true, signal }));
      } catch (error) {
        // The model goes on as it was loaded.
        if (!signal.aborted) this.#onProblem(error);
      }
    }
    this.#working = null;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
  }
}
