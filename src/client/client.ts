import { ClientError, errorFrom, errorOf, jsonOf } from "./error.ts";
import { readEvents } from "./events.ts";
import type { InferRequest, InferResponse, ModelDetail, ModelEntry } from "./types.ts";

/** What a task takes: a file's bytes, text, or any JSON value. */
export type PredictInput = Blob | ArrayBuffer | Uint8Array | string | object;

export interface PredictOptions {
  /** Decimal digits. @default the newest version that is ready */
  readonly version?: string;
  readonly signal?: AbortSignal;
  /** Options of the task, e.g. `{ top: 3 }`; with them, bytes are sent inside JSON. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Called with each partial answer, for tasks that answer bit by bit. */
  onPartial?(value: unknown): void;
}

export interface Prediction<T> {
  readonly answer: T;
  /** What the task found odd about the input. */
  readonly warnings: readonly string[];
}

/** A server's models, from a browser or from Node. Every method throws ClientError. */
export interface Client {
  /** Every model, ready or not. */
  models(options?: { signal?: AbortSignal }): Promise<readonly ModelEntry[]>;
  model(name: string, options?: { signal?: AbortSignal }): Promise<ModelDetail>;
  /** An input that the model could take. */
  example(name: string, options?: { signal?: AbortSignal }): Promise<Blob>;
  /** The task's answer. */
  predict<T = unknown>(name: string, input: PredictInput, options?: PredictOptions): Promise<Prediction<T>>;
  /** Named tensors in, named tensors out, by the Open Inference Protocol v2. */
  infer(
    name: string,
    request: InferRequest,
    options?: { version?: string; signal?: AbortSignal },
  ): Promise<InferResponse>;
}

export interface ClientOptions {
  /** For a server that asks for one: the key, or what gives it anew for each request; null for none. */
  readonly key?: string | (() => string | null);
}

/** @param url where the server listens; "" in a page that it serves */
export function createClient(url: string, { key }: ClientOptions = {}): Client {
  const base = url.replace(/\/+$/, "");
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    let response: Response;
    const given = typeof key === "function" ? key() : key;
    const headers = given ? { ...init.headers, authorization: `Bearer ${given}` } : init.headers;
    try {
      response = await fetch(`${base}${path}`, { ...init, ...(headers && { headers }) });
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      const message = `No server answers at ${base || "this address"}.`;
      throw new ClientError(message, {
        code: "UNREACHABLE",
        status: 0,
        hint: "Start it with `modelyard serve`.",
        cause,
      });
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  };
  const get = (path: string, signal?: AbortSignal) => ask(path, signal ? { signal } : {});
  return {
    async models({ signal } = {}) {
      const { models } = (await jsonOf(await get("/models", signal), signal)) as { models: ModelEntry[] };
      return models;
    },
    async model(name, { signal } = {}) {
      return (await jsonOf(await get(pathOf(name), signal), signal)) as ModelDetail;
    },
    async example(name, { signal } = {}) {
      return (await get(`${pathOf(name)}/example`, signal)).blob();
    },
    async predict<T>(name: string, input: PredictInput, options: PredictOptions = {}) {
      const { version, signal, parameters, onPartial } = options;
      const { body, type } = await bodyOf(input, parameters);
      const headers: Record<string, string> = { "content-type": type };
      if (onPartial) headers.accept = "text/event-stream";
      const path = `${pathOf(name, version)}?warnings=true`;
      const response = await ask(path, { method: "POST", headers, body, ...(signal && { signal }) });
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
      return isStream
        ? readPrediction<T>(response, onPartial)
        : ((await jsonOf(response, signal)) as Prediction<T>);
    },
    async infer(name, request, { version, signal } = {}) {
      const path = `/v2${pathOf(name, version)}/infer`;
      const headers = { "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(request), ...(signal && { signal }) };
      return (await jsonOf(await ask(path, init), signal)) as InferResponse;
    },
  };
}

function pathOf(name: string, version?: string): string {
  const path = `/models/${encodeURIComponent(name)}`;
  return version === undefined ? path : `${path}/versions/${encodeURIComponent(version)}`;
}

async function bodyOf(
  input: PredictInput,
  parameters: PredictOptions["parameters"],
): Promise<{ body: NonNullable<RequestInit["body"]>; type: string }> {
  const isFile = input instanceof Blob || input instanceof ArrayBuffer || input instanceof Uint8Array;
  if (isFile && parameters === undefined) {
    const type = input instanceof Blob ? input.type : "";
    return { body: input as NonNullable<RequestInit["body"]>, type: type || "application/octet-stream" };
  }
  const inputs = isFile
    ? await base64(input instanceof Blob ? input : new Blob([input as Uint8Array<ArrayBuffer>]))
    : input;
  const body = JSON.stringify({ inputs, ...(parameters && { parameters }) });
  return { body, type: "application/json" };
}

/** In pieces: a call with a million arguments overflows the stack. */
async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

async function readPrediction<T>(
  response: Response,
  onPartial: PredictOptions["onPartial"],
): Promise<Prediction<T>> {
  const warnings: string[] = [];
  if (response.body) {
    for await (const { name, data } of readEvents(response.body)) {
      const value: unknown = JSON.parse(data);
      if (name === "partial") onPartial?.(value);
      else if (name === "warning") warnings.push(String(value));
      else if (name === "answer") return { answer: value as T, warnings };
      else if (name === "error") throw errorFrom(value as object, response.status, "the answer broke off");
    }
  }
  throw new ClientError("The answer broke off.", { code: "CUT", status: response.status });
}
