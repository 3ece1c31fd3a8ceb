import { fail, isModelyardError, moduleStackOf } from "../../base/errors/index.ts";
import { cacheFolder } from "../hub/index.ts";
import { keepSpare } from "../runtime/index.ts";
import { type Answering, answeringModel, answeringPipeline } from "./answering.ts";
import type { Lease, ModelState, ModelStatus, Running } from "./catalogue.ts";
import { deviceText } from "./device.ts";
import { type Found, type FoundPipeline, type Item, isPath, modelsNamedBy } from "./folder.ts";
import type { LoadedPipeline } from "./graph/pipeline.ts";
import { type Loading, loadModel } from "./load-model.ts";
import { findOne } from "./open-file.ts";

export interface EntryOptions extends Loading {
  /** Every version of the model of this name, for its card. */
  versions(name: string): readonly string[];
  /** Called after every change of the status. */
  changed(entry: Entry): void;
}

/** One version of one model, from the moment it was found until it is unloaded. */
export class Entry {
  readonly name: string;
  readonly version: string;
  /** Whether it must be fetched from elsewhere. */
  readonly remote: boolean;
  readonly isPipeline: boolean;
  readonly #found: Found | FoundPipeline | null;
  readonly #options: EntryOptions;
  #state: ModelState = "waiting";
  #error: unknown = null;
  #progress: { done: number; total: number } | null = null;
  #ready: Answering | null = null;
  #leases = 0;
  #drained: (() => void) | null = null;
  #leaveSpare: (() => Promise<void>)[] = [];
  #isRefusalTold = false;
  #isRead = false;

  constructor(found: Item, options: EntryOptions) {
    this.name = found.name;
    this.version = found.version;
    this.#options = options;
    this.#found = "error" in found ? null : found;
    this.isPipeline = "pipeline" in found;
    this.remote = "source" in found && !isPath(found.source);
    if ("error" in found) {
      this.#error = found.error;
      this.#state = "unavailable";
    }
  }

  /** Whether all instances have died and none is loaded again yet; requests wait for it. */
  get #isDown(): boolean {
    const stats = this.#ready?.stats();
    // One that is not in memory has no instance, and comes when it is asked.
    return stats !== undefined && stats.instances > 0 && stats.ready === 0;
  }

  /** For messages. */
  get #label(): string {
    return this.version === "1" ? this.name : `${this.name} version ${this.version}`;
  }

  get state(): ModelState {
    return this.#state;
  }

  get ready(): Answering | null {
    return this.#ready;
  }

  /** Of a pipeline, sources of its models; see modelsNamedBy. */
  get named(): readonly string[] {
    const found = this.#found;
    return found && "pipeline" in found ? modelsNamedBy(found) : [];
  }

  get source(): string {
    const found = this.#found;
    if (found === null) return "";
    return "source" in found ? found.source : found.folder;
  }

  status(): ModelStatus {
    const { name, version } = this;
    if (this.#state === "ready" && this.#isDown) return { name, version, state: "loading", reason: STARTING };
    const isLoadingWeights = this.#state === "loading" && this.#isRead;
    const reason = this.#error === null ? (isLoadingWeights ? LOADING : "") : messageOf(this.#error);
    const progress = this.#progress === null ? {} : { progress: this.#progress };
    const loaded = this.#ready === null ? {} : { loaded: this.#ready.isLoaded() };
    return { name, version, state: this.#state, reason, ...progress, ...loaded };
  }

  running(): readonly Running[] {
    const ready = this.#ready;
    return ready ? [{ id: ready.card.id, stats: ready.stats(), steps: ready.steps() }] : [];
  }

  /** Fetches, opens and loads. Never throws: what went wrong becomes the status. */
  async load(signal: AbortSignal): Promise<void> {
    const found = this.#found;
    if (!found || this.#state !== "waiting") return;
    try {
      this.#become(this.remote ? "fetching" : "loading");
      this.#ready =
        "pipeline" in found ? await this.#openPipeline(found, signal) : await this.#open(found, signal);
      this.#become("ready");
    } catch (error) {
      this.#progress = null;
      // Given up with the whole catalogue: nothing is wrong with the model.
      if (signal.aborted) return this.#become("unloading");
      this.#error = error;
      const stack = moduleStackOf(error);
      if (stack !== null) this.#options.onNote(`${this.name}: ${stack}`);
      this.#become("unavailable");
    }
  }

  async #open(found: Found, signal: AbortSignal): Promise<Answering> {
    const loaded = await this.#load(found, signal, this.#label, true);
    const { name, version } = this;
    const id = { name, version, digest: loaded.opened.digest };
    return answeringModel(found, id, loaded, this.#options.versions(name), this.#cache);
  }

  /** Each model of a pipeline is loaded as if it stood alone; where it does so besides, they share a session. */
  async #openPipeline(found: FoundPipeline, signal: AbortSignal): Promise<Answering> {
    const { openPipeline } = await import("./graph/pipeline.ts");
    const pipeline: LoadedPipeline = await openPipeline(found, {
      signal,
      onNote: (note) => this.#options.onNote(note),
      load: async (source, step) => {
        const one = await findOne(source, {
          signal,
          ...this.#cache,
          keepIn: cacheFolder(this.#options.cache),
        });
        const loaded = await this.#load(one, signal, `${this.#label}, step ${step}`, false);
        return { loaded, digest: loaded.opened.digest };
      },
    });
    const { name, version } = this;
    const id = { name, version, digest: pipeline.digest };
    return answeringPipeline(pipeline, id, this.#options.versions(name), this.#cache);
  }

  async #load(found: Found, signal: AbortSignal, label: string, isSpoken: boolean) {
    const { name, version } = this;
    const loaded = await loadModel(found, this.#options, {
      name,
      version,
      label,
      isSpoken,
      signal,
      onProgress: (done, total) => {
        this.#progress = { done, total };
        this.#options.changed(this);
      },
      onRead: () => {
        this.#progress = null;
        this.#isRead = true;
        this.#become("loading");
      },
      onNarrowRefused: (reason) => this.#tellRefusal(reason),
    });
    const text = deviceText(loaded.session.stats(), loaded.choice);
    if (text !== null) this.#options.onNote(`${label} runs on ${text}`);
    // Whoever waits for the place of a process that died should not wait for the next to start.
    const isolation = this.#options.isolation ?? loaded.opened.file.serving?.isolation;
    if (isolation === "process") this.#leaveSpare.push(keepSpare("process"));
    return loaded;
  }

  get #cache(): { cache?: string } {
    const { cache } = this.#options;
    return cache === undefined ? {} : { cache };
  }

  /** @throws MODEL_NOT_READY, MODEL_UNAVAILABLE */
  lease(): Lease {
    const ready = this.#ready;
    if (!ready || this.#state !== "ready") throw this.#refusal();
    this.#leases++;
    let held = true;
    return {
      card: ready.card,
      refusal: () => {
        const { name } = this;
        return this.#isDown ? fail("MODEL_NOT_READY", { name, state: "loading", reason: STARTING }) : null;
      },
      infer: ready.infer,
      exchange: ready.exchange,
      stream: ready.stream,
      predict: ready.predict,
      example: ready.example,
      release: () => {
        if (!held) return;
        held = false;
        this.#leases--;
        if (this.#leases === 0) this.#drained?.();
      },
    };
  }

  /** Waits until nobody holds a lease, then gives everything back. */
  async close(): Promise<void> {
    const ready = this.#ready;
    // Of a pipeline of which one model could not be loaded, others may have been.
    if (!ready) return this.#leaveSpares();
    this.#become("unloading");
    if (this.#leases > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    this.#ready = null;
    await ready.close();
    await this.#leaveSpares();
  }

  async #leaveSpares(): Promise<void> {
    for (const leave of this.#leaveSpare.splice(0)) await leave();
  }

  /** Once: whoever looks later finds it among the metrics. */
  #tellRefusal(reason: string): void {
    if (this.#isRefusalTold) return;
    this.#isRefusalTold = true;
    this.#options.onNote(`requests for ${this.name} queue, and no further instances answer them: ${reason}`);
  }

  #become(state: ModelState): void {
    this.#state = state;
    this.#options.changed(this);
  }

  #refusal() {
    if (this.#error !== null) {
      const advice = isModelyardError(this.#error) ? (this.#error.hint ?? "") : "See the server's log.";
      return fail(
        "MODEL_UNAVAILABLE",
        { name: this.name, reason: messageOf(this.#error), advice },
        { cause: this.#error },
      );
    }
    const { done, total } = this.#progress ?? { done: 0, total: 0 };
    const share = total > 0 ? `${Math.floor((100 * done) / total)} % is here` : "it is on its way";
    return fail("MODEL_NOT_READY", { name: this.name, state: this.#state, reason: share });
  }
}

const LOADING = "its file is read, and the runtime loads it";
const STARTING = "what ran it has died and is being started anew";

/** What happened and where, since a status has no other place for it. */
function messageOf(error: unknown): string {
  if (isModelyardError(error) && error.where !== undefined) return `${error.message} (${error.where})`;
  return error instanceof Error ? error.message : String(error);
}
