// A server on a free port with real models, and a client that says exactly which bytes go over the wire.
import { connect } from "node:net";
import { type ServerOptions, startServer } from "../../src/serve/server/start.ts";
import type { PredictionRow, Store } from "../../src/serve/store/store.ts";
import { openTestCatalogue, REAL_MODELS, type TestCatalogue, type TestModel } from "./catalogue.ts";

export interface TestServer {
  url: string;
  port: number;
  catalogue: TestCatalogue;
  rows: PredictionRow[];
  renewCertificate(): Promise<void>;
  close(): Promise<void>;
}

/** Keeps rows in memory, in the way a store keeps them: it never waits and never throws. */
export function memoryStore(rows: PredictionRow[]): Store {
  return {
    logPrediction: (row) => void rows.push(row),
    counts: () => ({ written: rows.length, waiting: 0, dropped: 0 }),
    recordModel: async () => {},
    predictions: async () => rows,
    models: async () => [],
    flush: async () => {},
    keys: async () => [],
    addKey: async () => {},
    revokeKey: async () => {},
    noteUses: async () => {},
    close: async () => {},
  };
}

export async function startTestServer(
  options: Partial<ServerOptions> & { models?: readonly TestModel[] } = {},
): Promise<TestServer> {
  const rows: PredictionRow[] = [];
  const { models = REAL_MODELS, ...rest } = options;
  const catalogue = await openTestCatalogue(models);
  const server = await startServer({ catalogue, store: memoryStore(rows), port: 0, ...rest });
  return {
    url: server.url,
    port: server.port,
    catalogue,
    rows,
    renewCertificate: server.renewCertificate,
    async close() {
      await server.close();
      await catalogue.close();
    },
  };
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a server answers is looked at field by field
  json: any;
}

/** Sends one request; `json` is what the body parses to, undefined where it is not JSON. */
export async function ask(url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json };
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const raw = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  return ask(url, { method: "POST", body: raw, headers: { "content-type": "application/json", ...headers } });
}

/** Writes bytes to a fresh connection and resolves to all that comes back until the server closes or `ms` pass. */
export function talk(port: number, bytes: string | Uint8Array, ms = 60_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const parts: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on("connect", () => socket.write(bytes));
    socket.on("data", (part) => parts.push(part));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(parts).toString("latin1"));
    });
  });
}

/** An infer request for the models `simple` and `simple_int8`, which add and subtract two rows of sixteen. */
export function simpleRequest(first: number[] = ONE_TO_16, more: object = {}, datatype = "INT32") {
  return {
    inputs: [
      { name: "INPUT0", shape: [1, 16], datatype, data: first },
      { name: "INPUT1", shape: [1, 16], datatype, data: new Array(16).fill(1) },
    ],
    ...more,
  };
}

export const ONE_TO_16 = Array.from({ length: 16 }, (_, index) => index + 1);
