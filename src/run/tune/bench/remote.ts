import * as http from "node:http";
import * as https from "node:https";
import { fail } from "../../../base/errors/index.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import type { Subject, Usage } from "../load/subject.ts";
import { bodyOf, specOf, type WireSpec } from "./wire.ts";

export interface RemoteOptions {
  /** Name of the model, where the address is the server's. */
  readonly model?: string;
  /** What is sent to the address as it is: a picture to a task's route, a request in JSON. */
  readonly body?: { readonly bytes: Buffer; readonly type: string };
  /** Tensors to ask with, given the model's inputs; made up where left out. */
  readonly feeds?: (inputs: WireSpec[]) => Promise<Tensors>;
  readonly signal?: AbortSignal;
  /** Sent as `Authorization: Bearer`. */
  readonly key?: string;
}

/**
 * A model behind a server that speaks the Open Inference Protocol v2 over REST, asked in JSON over connections that stay open;
 * or any address that answers to a POST.
 * @param address `http://host:port/v2/models/<name>`, or the server's with `model`, or with `body` any
 * @throws BENCH_ADDRESS, BENCH_UNREACHABLE, BENCH_STATUS
 */
export async function remote(address: string, options: RemoteOptions): Promise<Subject> {
  const url = addressOf(address, options);
  const client = new Client(url, options);
  try {
    const { path, body, type } =
      options.body === undefined
        ? {
            path: `${url.pathname}/infer`,
            body: await inferBody(client, url, options),
            type: "application/json",
          }
        : { path: url.pathname + url.search, body: options.body.bytes, type: options.body.type };
    return {
      name: decodeURIComponent(url.pathname.split("/").filter(Boolean).at(-1) ?? url.host),
      place: url.origin,
      ask: async () => void (await client.post(path, body, type)),
      usage: () => client.usage(),
      close: async () => client.close(),
    };
  } catch (error) {
    client.close();
    throw error;
  }
}

function addressOf(address: string, { model, body }: RemoteOptions): URL {
  if (!URL.canParse(address)) throw fail("BENCH_ADDRESS", { address, problem: "it is no address" });
  const url = new URL(address);
  url.pathname = url.pathname.replace(/\/+$/, "").replace(/\/infer$/, "");
  if (body !== undefined) return url;
  if (model !== undefined) url.pathname = `/v2/models/${encodeURIComponent(model)}`;
  if (/^\/v2\/models\/[^/]+(\/versions\/[^/]+)?$/.test(url.pathname)) return url;
  throw fail("BENCH_ADDRESS", { address, problem: "it names no model" });
}

async function inferBody(client: Client, { pathname }: URL, { feeds }: RemoteOptions): Promise<Buffer> {
  const metadata: unknown = JSON.parse((await client.get(pathname)).toString("utf8"));
  const inputs = (metadata as { inputs?: unknown }).inputs;
  if (!Array.isArray(inputs)) {
    throw fail("BENCH_ADDRESS", { address: pathname, problem: "what it answers is no model's metadata" });
  }
  const specs = inputs.map((input) => specOf(input, pathname));
  return bodyOf(specs, await feeds?.(specs));
}

/** An HTTP client that holds its connections, and gives each request one of its own. */
class Client {
  readonly #url: URL;
  readonly #signal: AbortSignal | undefined;
  readonly #key: Readonly<Record<string, string>>;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  /** Whether the server has metrics; unknown before they were asked for. */
  #tells = true;

  constructor(url: URL, { signal, key }: Pick<RemoteOptions, "signal" | "key">) {
    this.#key = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const { Agent, request } = url.protocol === "https:" ? https : http;
    this.#url = url;
    this.#signal = signal;
    this.#agent = new Agent({ keepAlive: true });
    // Requests that are on their way end with their connections.
    signal?.addEventListener("abort", () => this.#agent.destroy(), { once: true });
    this.#request = request;
  }

  get(path: string): Promise<Buffer> {
    return this.#send("GET", path);
  }

  post(path: string, body: Buffer, type: string): Promise<Buffer> {
    return this.#send("POST", path, body, type);
  }

  /** What Prometheus calls them; most servers that have /metrics tell of their process under these names. */
  async usage(): Promise<Usage | null> {
    if (!this.#tells) return null;
    try {
      const text = (await this.get("/metrics")).toString("utf8");
      const numberOf = (name: string) =>
        Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)?.[1] ?? Number.NaN);
      const cpuSeconds = numberOf("process_cpu_seconds_total");
      const residentBytes = numberOf("process_resident_memory_bytes");
      this.#tells = !Number.isNaN(cpuSeconds + residentBytes);
      return this.#tells ? { cpuSeconds, residentBytes } : null;
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      // A server without metrics does not tell, which the answer shows.
      this.#tells = false;
      return null;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body?: Buffer, type?: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const { protocol, hostname, port, origin } = this.#url;
      const about = body === undefined ? {} : { "content-type": type, "content-length": body.byteLength };
      const headers = { ...about, ...this.#key };
      const unreachable = (cause: Error) =>
        reject(
          this.#signal?.aborted
            ? this.#signal.reason
            : fail("BENCH_UNREACHABLE", { address: origin }, { cause }),
        );
      const request = this.#request(
        {
          protocol,
          hostname: hostname.replace(/^\[|\]$/g, ""),
          port,
          path,
          method,
          headers,
          agent: this.#agent,
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("error", unreachable);
          response.on("end", () => {
            const answer = Buffer.concat(pieces);
            const { statusCode: status = 0 } = response;
            if (status >= 200 && status < 300) resolve(answer);
            else reject(fail("BENCH_STATUS", { status, path, problem: problemOf(answer) }));
          });
        },
      );
      request.on("error", unreachable);
      request.end(body);
    });
  }
}

const LONGEST_PROBLEM = 300;

/** What the server says of it: `{"error": …}`, or the answer's beginning. */
function problemOf(answer: Buffer): string {
  const text = answer.toString("utf8").trim();
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === "string") return error;
  } catch {
    // No JSON: the text itself says most.
  }
  return text.slice(0, LONGEST_PROBLEM) || "nothing";
}
