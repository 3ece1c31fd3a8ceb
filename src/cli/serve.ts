import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { fail } from "../base/errors/index.ts";
import type { Catalogue, FolderCatalogue, ModelStatus } from "../run/pipeline/index.ts";
import type { RunningServer } from "../serve/server/index.ts";
import { CODEC_MODULE } from "../serve/server/wire/codec-order.ts";
import { DEVICE_HELP } from "./device.ts";
import { asked, type EndSignal, endBy } from "./end.ts";
import {
  defineExposure,
  type ExposeOptions,
  exposureOf,
  openRecords,
  renewAtHangup,
  warnOfExposure,
} from "./exposure.ts";
import { serverLog } from "./server-log.ts";
import { parseSize } from "./size.ts";
import { bytes, type Terminal } from "./terminal.ts";

interface ServeOptions extends ExposeOptions {
  host: string;
  port: string;
  cache?: string;
  data?: string;
  device?: string;
  isolation?: "thread" | "process";
  memory?: string;
  log: boolean;
  compile: boolean;
  watch?: boolean;
}

/** What was said on the command line, understood, and what says when to end. */
interface Settled {
  readonly memory: number | undefined;
  readonly exposure: ReturnType<typeof exposureOf>;
  readonly ending: Promise<EndSignal>;
}

/** Milliseconds that threads get to end by themselves, once all that could be answered was answered. */
const THREADS_MS = 2_000;

export function define(command: Command, terminal: Terminal): void {
  defineExposure(command);
  command
    .argument("[folder]", "models/<name>/{model.yaml, <version>/model.onnx}, or bare model files", "models")
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--port <number>", "0 takes any free port", "8080")
    .option("--cache <folder>", "where fetched models are kept")
    .option("--data <folder>", "where the database is kept")
    .option("--device <name>", DEVICE_HELP)
    .addOption(new Option("--isolation <where>", "where models live").choices(["thread", "process"]))
    .option("--memory <size>", "all models share so much, such as 2GiB, and are loaded when they are asked")
    .option("--no-log", "keep no record of predictions")
    .option("--no-compile", "load models as they are, each time")
    .option("--watch", "load anew what changes in the folder, while developing")
    .addHelpText("after", "\nExample:\n  $ modelyard serve examples/models --port 8080")
    .action((folder: string, options: ServeOptions) => serve(folder, options, terminal));
}

async function serve(folder: string, options: ServeOptions, terminal: Terminal): Promise<void> {
  const port = Number(options.port);
  if (!/^\d{1,5}$/.test(options.port) || port > 65_535)
    throw fail("SERVE_NOT_A_PORT", { text: options.port });
  const memory = options.memory === undefined ? undefined : parseSize(options.memory);
  const exposure = exposureOf(options);
  // From now on: the first process of a container ends by no signal that it does not listen for.
  const ending = asked();
  const { startAhead, endAhead } = await import("../run/pipeline/ahead.ts");
  // What has threads of its own starts first, and does so while the rest of the program is loaded here.
  startAhead(options.isolation, [CODEC_MODULE]);
  try {
    await serveModels(folder, { ...options, port }, { memory, exposure, ending }, terminal);
  } finally {
    await endAhead();
  }
}

/** Until it is asked to end. */
async function serveModels(
  folder: string,
  options: Omit<ServeOptions, "port"> & { port: number },
  { memory, exposure, ending }: Settled,
  terminal: Terminal,
): Promise<void> {
  const { records, openCatalogue, serving } = await loadProgram(options, terminal);
  const { callExamples, LIMITS, protocolCodec, startServer } = serving;
  const store = options.log ? records : null;
  let catalogue: FolderCatalogue | null = null;
  let signal: EndSignal | null = null;
  try {
    catalogue = await openCatalogue(folder, {
      ...(options.cache === undefined ? {} : { cache: options.cache }),
      ...(options.device === undefined ? {} : { device: options.device }),
      ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
      ...(memory === undefined ? {} : { memory }),
      runMs: LIMITS.waitMs,
      codec: protocolCodec,
      compile: options.compile,
      watch: options.watch ?? false,
      onProblem: (error) => terminal.error(error),
      onNote: (note) => terminal.note(`modelyard: ${note}`),
      // Where the port is busy, no model has been touched.
      paused: true,
      onReady({ id, source, contract }) {
        const row = {
          name: id.name,
          version: id.version,
          digest: id.digest,
          source,
          contract,
          firstSeen: Date.now(),
        };
        store?.recordModel(row).catch((error: unknown) => terminal.error(error));
      },
    });
    // Nothing takes the place of a device that is named; one that hangs does not keep who wants to end.
    await Promise.race([catalogue.demandDevices(), ending]);
    const watch = report(terminal);
    for (const status of catalogue.status()) watch(status);
    catalogue.onChange(watch);
    const server = await startServer({
      catalogue,
      store,
      host: options.host,
      port: options.port,
      log: serverLog(terminal),
      expose: { ...exposure, keys: records },
      ...webFolder(),
    });
    welcome(server, catalogue, terminal);
    warnOfExposure(options, server, terminal);
    if (options.cert !== undefined) renewAtHangup(server);
    offerLine(server, catalogue, terminal, callExamples);
    catalogue.load();
    signal = await ending;
    // Whatever hangs below, a model without end in its thread among it, the process ends by then.
    endBy(signal, LIMITS.drainMs + THREADS_MS);
    terminal.note("finishing the requests under way");
    await server.close();
  } finally {
    await catalogue?.close();
    await records?.close();
    const note = () =>
      terminal.note("ending while the runtime, or a registry that is asked, is still at work");
    if (signal) endBy(signal, THREADS_MS, note);
  }
}

type Serving = typeof import("../serve/server/index.ts");

async function loadProgram(options: ExposeOptions & { data?: string; log: boolean }, terminal: Terminal) {
  const [records, { openCatalogue }, serving] = await Promise.all([
    openRecords(options, terminal),
    import("../run/pipeline/folder-catalogue.ts"),
    import("../serve/server/index.ts"),
  ]);
  return { records, openCatalogue, serving };
}

/** Prints each model's way from waiting to ready, one line a change. */
function report(terminal: Terminal): (status: ModelStatus) => void {
  const seen = new Map<string, string>();
  return ({ name, version, state, reason, progress }) => {
    const id = version === "1" ? name : `${name} version ${version}`;
    const tenth = progress && progress.total > 0 ? Math.floor((10 * progress.done) / progress.total) : 0;
    const key = `${state} ${tenth} ${reason}`;
    if (seen.get(id) === key || state === "waiting" || state === "loading") return;
    seen.set(id, key);
    const amount = progress && progress.total > 0 ? ` ${10 * tenth} % of ${bytes(progress.total)}` : "";
    terminal.note(`  ${id}: ${state}${amount}${reason ? `: ${reason}` : ""}`);
  };
}

function welcome({ url, asksForKey }: RunningServer, catalogue: Catalogue, terminal: Terminal): void {
  const models = catalogue.status().map(({ name, version, state }) => ({ name, version, state }));
  terminal.answer({ url, asksForKey, models }, () => {
    const lines = [
      `Modelyard serves ${models.length} ${models.length === 1 ? "model" : "models"} at ${terminal.bold(url)}`,
    ];
    if (models.length === 0) {
      lines.push("There is no model in this folder yet: put one in and start again.");
    }
    if (asksForKey) lines.push("It asks for a key: docs/expose.md says who needs one, and for what.");
    lines.push(`API: ${url}/docs   metrics: ${url}/metrics   end with Ctrl-C`);
    return lines.join("\n");
  });
}

/** Prints a line that works as it stands, as soon as there is a model that can answer its own example. */
function offerLine(
  { url, asksForKey }: RunningServer,
  catalogue: Catalogue,
  terminal: Terminal,
  callExamples: Serving["callExamples"],
): void {
  const stop = catalogue.onChange(({ name, version, state }) => {
    if (state === "ready") void offer(name, version);
  });
  let offered = false;

  async function offer(name: string, version: string): Promise<void> {
    const lease = catalogue.lease(name, version);
    try {
      // One that has no example, or whose example cannot be fetched, is only not the one to show.
      const example = await lease.example().catch(() => null);
      if (!example || offered) return;
      offered = true;
      stop();
      terminal.more(`\nTry it, as it stands:\n  ${callExamples(lease.card, url, asksForKey).curl}\n`);
    } finally {
      lease.release();
    }
  }
}

/** The built page, where this package carries it. */
function webFolder(): { web?: string } {
  const web = fileURLToPath(new URL("../../web/dist", import.meta.url));
  return existsSync(web) ? { web } : {};
}
