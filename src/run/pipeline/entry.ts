import { fail, isModelyardError } from "../../base/errors/index.ts";
import { type CodecOrder, type Isolation, keepSpare, type Residency } from "../runtime/index.ts";
import { makeCard } from "./card.ts";
import type {
  Lease,
  ModelCard,
  ModelId,
  ModelState,
  ModelStatus,
  Running,
  SpokenModel,
} from "./catalogue.ts";
import { sourceOf } from "./compile.ts";
import type { Compiler } from "./compiler.ts";
import { exampleOf } from "./example.ts";
import { type Broken, type Found, isPath } from "./folder.ts";
import { type LoadedModel, type LoadOptions, loadOpened } from "./loaded.ts";
import type { Reader, ReadModel } from "./reader/reader.ts";

export interface EntryOptions {
  reader: Reader;
  cache?: string;
  device?: string;
  isolation?: Isolation;
  /** See LoadOptions. */
  runMs?: number;
  codec?(model: SpokenModel): CodecOrder;
  /** Loads what it has compiled, and compiles what it has not; without, models are loaded as they are. */
  compiler?: Compiler;
  /** Lets models come into memory when they are asked; without, all are loaded and stay. */
  residency?: Residency;
  /** Every version of the model of this name, for its card. */
  versions(name: string): readonly string[];
  /** Called after every change of the status. */
  changed(entry: Entry): void;
  /** See CatalogueOptions. */
  onNote(note: string): void;
}

interface Ready {
  readonly loaded: LoadedModel;
  readonly card: ModelCard;
}

/** One version of one model, from the moment it was found until it is unloaded. */
export class Entry {
  readonly name: string;
  readonly version: string;
  /** Whether it must be fetched from elsewhere. */
  readonly remote: boolean;
  readonly #found: Found | null;
  readonly #options: EntryOptions;
  #state: ModelState = "waiting";
  #error: unknown = null;
  #progress: { done: number; total: number } | null = null;
  #ready: Ready | null = null;
  #leases = 0;
  #drained: (() => void) | null = null;
  #leaveSpare: (() => Promise<void>) | null = null;
  #isRefusalTold = false;

  constructor(found: Found | Broken, options: EntryOptions) {
    this.name = found.name;
    this.version = found.version;
    this.#options = options;
    this.#found = "source" in found ? found : null;
    this.remote = "source" in found && !isPath(found.source);
    if ("error" in found) {
      this.#error = found.error;
      this.#state = "unavailable";
    }
  }

  /** Whether all instances have died and none is loaded again yet; requests wait for it. */
  get #isDown(): boolean {
    const stats = this.#ready?.loaded.session.stats();
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

  get ready(): Ready | null {
    return this.#ready;
  }

  get source(): string {
    return this.#found?.source ?? "";
  }

  status(): ModelStatus {
    const { name, version } = this;
    if (this.#state === "ready" && this.#isDown) return { name, version, state: "loading", reason: STARTING };
    const reason = this.#error === null ? "" : messageOf(this.#error);
    const progress = this.#progress === null ? {} : { progress: this.#progress };
    const loaded = this.#ready === null ? {} : { loaded: this.#ready.loaded.isLoaded() };
    return { name, version, state: this.#state, reason, ...progress, ...loaded };
  }

  running(): readonly Running[] {
    return this.#ready ? [{ id: this.#ready.card.id, stats: this.#ready.loaded.session.stats() }] : [];
  }

  /** Fetches, opens and loads. Never throws: what went wrong becomes the status. */
  async load(signal: AbortSignal): Promise<void> {
    const found = this.#found;
    if (!found || this.#state !== "waiting") return;
    try {
      this.#become(this.remote ? "fetching" : "loading");
      const opened = await this.#options.reader.read(found, {
        signal,
        ...(this.#options.cache === undefined ? {} : { cache: this.#options.cache }),
        onProgress: (done, total) => {
          this.#progress = { done, total };
          this.#options.changed(this);
        },
      });
      this.#progress = null;
      this.#become("loading");
      const { device, isolation, runMs } = this.#options;
      const { digest, signature, contract, file } = opened;
      const { name, version } = this;
      const codec = this.#options.codec?.({ name, version, signature, contract, file });
      const loaded = await this.#loadCompiled(opened, {
        signal,
        onNarrowRefused: (reason) => this.#tellRefusal(reason),
        ...(device === undefined ? {} : { device }),
        ...(isolation === undefined ? {} : { isolation }),
        ...(runMs === undefined ? {} : { runMs }),
        ...(codec === undefined ? {} : { codec }),
      });
      // Whoever waits for the place of a process that died should not wait for the next to start.
      if ((isolation ?? file.serving?.isolation) === "process") this.#leaveSpare = keepSpare("process");
      const id: ModelId = { name: this.name, version: this.version, digest };
      this.#ready = { loaded, card: makeCard(id, loaded, this.#options.versions(this.name)) };
      this.#become("ready");
    } catch (error) {
      this.#progress = null;
      // Given up with the whole catalogue: nothing is wrong with the model.
      if (signal.aborted) return this.#become("unloading");
      this.#error = error;
      this.#become("unavailable");
    }
  }

  /** From the artefact that is kept for this machine; where there is none yet, from the file, until one has been made. */
  async #loadCompiled(opened: ReadModel, options: LoadOptions): Promise<LoadedModel> {
    const { compiler, residency } = this.#options;
    const device = options.device ?? opened.file.serving?.device ?? "auto";
    // Artefacts are laid out for the processor.
    const isCompiled = compiler?.isWorth(opened.bytes) && ["auto", "cpu"].includes(device);
    if (!isCompiled && !residency) return loadOpened(opened, options);
    const runnable = await opened.runnable(options.signal);
    const source = await sourceOf(opened, runnable.path, opened.digest);
    const resident = residency ? { resident: { residency, name: this.#label, source } } : {};
    if (!compiler || !isCompiled) return loadOpened(opened, { ...options, ...resident });
    const kept = await compiler.find(source);
    const artefact = kept && "artefact" in kept ? kept.artefact : null;
    const loaded = await loadOpened(opened, { ...options, ...resident, ...(artefact ? { artefact } : {}) });
    if (!kept && loaded.session.stats().device === "cpu")
      compiler.add({ source, runnable, use: (made) => loaded.use(made) });
    return loaded;
  }

  /** @throws MODEL_NOT_READY, MODEL_UNAVAILABLE */
  lease(): Lease {
    const ready = this.#ready;
    const found = this.#found;
    if (!ready || !found || this.#state !== "ready") throw this.#refusal();
    const { loaded, card } = ready;
    this.#leases++;
    let held = true;
    return {
      card,
      refusal: () => {
        const { name } = this;
        return this.#isDown ? fail("MODEL_NOT_READY", { name, state: "loading", reason: STARTING }) : null;
      },
      infer: loaded.infer,
      exchange: loaded.exchange,
      stream: loaded.stream,
      predict: loaded.predict,
      example: () =>
        exampleOf(found, loaded, this.#options.cache === undefined ? {} : { cache: this.#options.cache }),
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
    if (!ready) return;
    this.#become("unloading");
    if (this.#leases > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    this.#ready = null;
    await ready.loaded.close();
    await this.#leaveSpare?.();
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

const STARTING = "what ran it has died and is being started anew";

/** What happened and where, since a status has no other place for it. */
function messageOf(error: unknown): string {
  if (isModelyardError(error) && error.where !== undefined) return `${error.message} (${error.where})`;
  return error instanceof Error ? error.message : String(error);
}
