import { type Command, Option } from "commander";
import { fail } from "../base/errors/index.ts";
import { type Exposure, isLoopback } from "../serve/server/access/expose.ts";
import type { RunningServer } from "../serve/server/index.ts";
import { dataFolder, hasDatabase, openStore, type Store } from "../serve/store/index.ts";
import { collect } from "./collect.ts";
import type { Terminal } from "./terminal.ts";

/** The options of `serve` by which it is opened to others. */
export interface ExposeOptions {
  cert?: string;
  key?: string;
  cors?: string[];
  trustProxy?: string;
  insecure?: boolean;
}

export function defineExposure(command: Command): void {
  command
    .option("--cert <file>", "speak https with this certificate (PEM), which is read again when it changes")
    .option("--key <file>", "its private key")
    .addOption(
      new Option(
        "--cors <origin>",
        "let pages of this origin ask, such as https://app.example; again for more",
      ).argParser(collect),
    )
    .option("--trust-proxy <addresses>", "believe X-Forwarded-For of proxies there, such as 10.0.0.0/8")
    .option("--insecure", "listen beyond this machine without asking for a key");
}

/**
 * Takes MODELYARD_API_KEY out of the environment: neither the threads and processes of models nor anything that prints an
 * environment is to have it.
 * @throws SERVE_TLS_HALF
 */
export function exposureOf(options: ExposeOptions): Exposure {
  const { cert, key, cors = [], trustProxy, insecure = false } = options;
  const apiKey = process.env.MODELYARD_API_KEY;
  delete process.env.MODELYARD_API_KEY;
  if (cert === undefined && key !== undefined)
    throw fail("SERVE_TLS_HALF", { given: "key", missing: "cert" });
  if (cert !== undefined && key === undefined)
    throw fail("SERVE_TLS_HALF", { given: "cert", missing: "key" });
  return {
    cors,
    insecure,
    proxies: trustProxy?.split(",").map((each) => each.trim()) ?? [],
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(cert === undefined || key === undefined ? {} : { tls: { cert, key } }),
  };
}

/**
 * What the server remembers, and its keys; null where there is nothing to open. A database that is not there, and cannot be
 * made, is said once, and answers do not depend on it. One that is there and cannot be opened may hold keys, and without
 * them everybody would be let in.
 * @throws STORE_UNOPENABLE, STORE_NEWER, STORE_DAMAGED
 */
export async function openRecords(
  { data, log }: { data?: string; log: boolean },
  terminal: Terminal,
): Promise<Store | null> {
  const exists = hasDatabase(dataFolder(data));
  if (!log && !exists) return null;
  try {
    return await openStore({
      ...(data === undefined ? {} : { folder: data }),
      onProblem: (error) => terminal.error(error),
    });
  } catch (error) {
    if (exists) throw error;
    terminal.error(error);
    terminal.note("modelyard: serving without a record of predictions");
    return null;
  }
}

/** Says what whoever opens a server should know of how it is open. */
export function warnOfExposure(
  { host, insecure }: { host: string; insecure?: boolean },
  server: RunningServer,
  terminal: Terminal,
): void {
  if (isLoopback(host)) return;
  if (!server.asksForKey && insecure) terminal.warn("everybody who reaches this server may ask its models");
  else if (server.url.startsWith("http:"))
    terminal.warn("keys and data cross the network readable: give --cert and --key, or put TLS in front");
}

/** A certificate is read again at SIGHUP, as other servers do it. */
export function renewAtHangup(server: RunningServer): void {
  process.on("SIGHUP", () => void server.renewCertificate());
}
