import { dirname } from "node:path";
import { openSibling } from "../../../base/node/index.ts";
import { bufferSource } from "../../../base/sources/buffer.ts";
import type { ByteSource } from "../../../base/sources/source.ts";
import { cacheFolder, type ResolveOptions } from "../../hub/index.ts";
import { TASKS } from "../../tasks/table.ts";
import type { TaskRow } from "../../tasks/task.ts";
import { readConfig } from "../config.ts";
import type { Found } from "../folder.ts";
import type { KnownModel } from "../open.ts";
import { openInFolders, resolveFound } from "../open-file.ts";
import type { ReaderAnswers, ReaderAsk } from "./messages.ts";
import { ReaderThread, takeReaderAhead } from "./thread.ts";

/** A thread that nobody needed for so long gives back what the last model took. Models that load beside each other ask sooner. */
const IDLE_MS = 3_000;

export interface ReaderOptions {
  /** The hub's cache folder. @default the hub's own */
  readonly cache?: string;
  /** Megabytes of objects that a thread may hold. @default as many as Node gives to a program of its own */
  readonly heapMb?: number;
}

/** A model that was read elsewhere. */
export interface ReadModel extends KnownModel {
  /** sha256 of the model file, hexadecimal. */
  readonly digest: string;
}

/**
 * Reads models away from this thread, so that whatever file somebody puts into a folder, everybody else is answered meanwhile: a
 * valid one of a million nodes takes seconds, and one that takes all the memory that a thread has ends only its thread. As many
 * threads are started as models are read at once, the first before anybody asks.
 */
export class Reader {
  readonly #cache: string;
  readonly #heapMb: number | undefined;
  readonly #free: { readonly thread: ReaderThread; readonly timer: NodeJS.Timeout }[] = [];

  constructor({ cache, heapMb }: ReaderOptions = {}) {
    this.#cache = cacheFolder(cache);
    this.#heapMb = heapMb;
    this.#keep(this.#start());
  }

  /**
   * Fetches a model if need be, reads it and works out what its tensors mean.
   * @throws FILE_*, HUB_*, MODEL_*, CONTRACT_*, TASK_*, RUN_GRAPH_TOO_LARGE, MODEL_READER_DIED, ABORTED
   */
  async read(found: Found, options: ResolveOptions = {}): Promise<ReadModel> {
    const { signal } = options;
    // What a person wrote is looked at before anything is fetched.
    await readConfig(found);
    const { path, sha256 } = await resolveFound(found, options);
    const place = { path, found, cache: this.#cache, ...(sha256 === null ? {} : { digest: sha256 }) };
    const { task, words, runnable, packed, ...known } = await this.#ask({ ...place, kind: "read" }, signal);
    const others: ByteSource[] = [];
    return {
      ...known,
      name: found.name,
      path,
      source: found.source,
      found,
      task: TASKS.find(({ id }) => id === task) as TaskRow,
      words: async () => words,
      kept: async () => runnable,
      runnable: async (stop) => runnable ?? this.#ask({ ...place, kind: "convert" }, stop),
      sibling: async (name) => {
        if (packed.includes(name))
          return bufferSource(await this.#ask({ ...place, kind: "packed", name }), name);
        const source = (await openSibling(dirname(path), name)) ?? (await openInFolders(name, path, found));
        if (source) others.push(source);
        return source;
      },
      close: async () => {
        await Promise.all(others.splice(0).map((source) => source.close()));
      },
    };
  }

  async #ask<K extends keyof ReaderAnswers>(
    ask: ReaderAsk & { kind: K },
    signal?: AbortSignal,
  ): Promise<ReaderAnswers[K]> {
    const thread = this.#take() ?? this.#start();
    try {
      return await thread.ask(ask, signal);
    } finally {
      if (thread.isAlive) this.#keep(thread);
    }
  }

  #start(): ReaderThread {
    const ahead = this.#heapMb === undefined ? takeReaderAhead() : null;
    return ahead ?? new ReaderThread(this.#heapMb);
  }

  #take(): ReaderThread | null {
    for (let free = this.#free.pop(); free; free = this.#free.pop()) {
      clearTimeout(free.timer);
      if (free.thread.isAlive) return free.thread;
    }
    return null;
  }

  #keep(thread: ReaderThread): void {
    const timer = setTimeout(() => {
      this.#free.splice(
        this.#free.findIndex((free) => free.thread === thread),
        1,
      );
      void thread.end();
    }, IDLE_MS).unref();
    this.#free.push({ thread, timer });
  }

  /** For when nothing is read any more. */
  async close(): Promise<void> {
    for (const { timer } of this.#free) clearTimeout(timer);
    await Promise.all(this.#free.splice(0).map(({ thread }) => thread.end()));
  }
}
