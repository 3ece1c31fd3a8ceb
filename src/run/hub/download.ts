import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { fail, isModelyardError } from "../../base/errors/index.ts";
import { discard, inCache, refPath, temporaryPath, writeWhole } from "./cache.ts";
import { lock } from "./lock.ts";

/** The largest models in one file are about 200 GB; more is a stream that does not end. */
const MAX_BYTES = 2 ** 40;
/** Nothing arrives for so long: the connection is dead. */
const IDLE_MS = 60_000;
/** A connection that breaks is taken up again, where it stopped or anew, so that there are so many within one download. */
const MAX_TRIES = 4;
/** Before the second try, and twice as long before each further one: who restarts gets time, and nobody waits for long. */
const PAUSE_MS = 200;
/** Of a connection that was there and is no more, by Node, and by undici, which `fetch` is. */
const CUT = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** What `fetch` and npm's own client both answer with. */
export interface DownloadResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface DownloadOptions {
  readonly cache: string;
  /** What is fetched, as it was asked for; also under what an interrupted download is found again. */
  readonly source: string;
  request(headers: Record<string, string>, signal: AbortSignal): Promise<DownloadResponse>;
  readonly signal?: AbortSignal;
  /** Bytes that are here and bytes in all (0 where nobody knows). */
  onProgress?(done: number, total: number): void;
}

export interface Downloaded {
  /** A file outside everybody's sight; whoever is given it may move it away. */
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/**
 * Downloads into a file of the cache that nobody takes for a model, and hands the whole file to `use`. What an interrupted
 * download has brought stays, and the next one, in this or another process, goes on from there by a range request, as long
 * as the server says that the file is still the same (RFC 9110 §13.1.5, §14.2).
 * @throws HUB_HTTP_STATUS, HUB_TOO_LARGE, HUB_INTERRUPTED, HUB_UNREACHABLE, HUB_CACHE_UNWRITABLE, ABORTED
 */
export async function download<T>(
  options: DownloadOptions,
  use: (file: Downloaded) => Promise<T>,
): Promise<T> {
  const { cache, source } = options;
  const shared = `${refPath(cache, source)}.part`;
  const unlock = await lock(cache, `${shared}.lock`);
  // Whoever holds the lock continues the part; another at the same time downloads for itself.
  const path = unlock ? shared : await temporaryPath(cache, "download");
  let keep = unlock !== null;
  try {
    const file = await fetchAll(options, path);
    keep = false;
    return await use(file);
  } catch (error) {
    if (options.signal?.aborted) throw fail("ABORTED", {}, { cause: error });
    throw error;
  } finally {
    if (!keep) await Promise.all([discard(path), discard(notePath(path))]);
    await unlock?.();
  }
}

async function fetchAll(options: DownloadOptions, path: string): Promise<Downloaded> {
  for (let tries = 1; ; tries++) {
    try {
      return await fetchOnce(options, path);
    } catch (error) {
      if (!isCut(error) || tries === MAX_TRIES || options.signal?.aborted) throw error;
      // Given up meanwhile: download() says so.
      await setTimeout(PAUSE_MS * 2 ** (tries - 1), undefined, options.signal && { signal: options.signal });
    }
  }
}

/** Whether the connection broke, before the answer or within it. A host that is not there is not asked again. */
function isCut(error: unknown): boolean {
  if (!isModelyardError(error)) return false;
  if (error.code === "HUB_INTERRUPTED") return true;
  if (error.code !== "HUB_UNREACHABLE") return false;
  for (let at: unknown = error.cause; at instanceof Error; at = at.cause)
    if ("code" in at && CUT.has(String(at.code))) return true;
  return false;
}

async function fetchOnce(options: DownloadOptions, path: string): Promise<Downloaded> {
  const { source } = options;
  const part = await findPart(path, source);
  const idle = new AbortController();
  const watch = globalThis.setTimeout(() => idle.abort(), IDLE_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, idle.signal]) : idle.signal;
  try {
    const headers = part ? { range: `bytes=${part.size}-`, "if-range": part.validator } : {};
    const response = await options.request(headers, signal).catch((cause: unknown) => {
      if (isModelyardError(cause)) throw cause;
      throw fail("HUB_UNREACHABLE", { source, problem: reason(cause) }, { cause });
    });
    if (part && !continues(response, part.size)) {
      // 416: what is here is not a beginning of what is there. Anything else but 200 is an error of its own.
      if (response.status === 416 || response.status === 206) {
        await discard(path);
        throw fail("HUB_INTERRUPTED", { source, done: 0, total: UNTOLD });
      }
    }
    if (response.status !== 200 && response.status !== 206)
      throw fail("HUB_HTTP_STATUS", { source, status: response.status, advice: adviceFor(response.status) });
    const start = response.status === 206 && part ? part.size : 0;
    return await receive(options, path, response, start, () => watch.refresh());
  } finally {
    clearTimeout(watch);
  }
}

async function receive(
  { cache, source, onProgress }: DownloadOptions,
  path: string,
  { headers, body }: DownloadResponse,
  start: number,
  alive: () => void,
): Promise<Downloaded> {
  // A length counts what is sent; where that is packed, it says nothing of what arrives here.
  const sent = headers.get("content-encoding") ? null : headers.get("content-length");
  const total = sent === null ? 0 : start + Number(sent);
  if (total > MAX_BYTES) throw fail("HUB_TOO_LARGE", { source, size: total, limit: MAX_BYTES });
  await inCache(cache, () => writeNote(path, source, headers));
  const hash = createHash("sha256");
  if (start > 0) for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  const file = await inCache(cache, () => open(path, start > 0 ? "a" : "w"));
  let done = start;
  try {
    onProgress?.(done, total);
    for await (const piece of body ?? []) {
      alive();
      done += piece.byteLength;
      if (done > MAX_BYTES) throw fail("HUB_TOO_LARGE", { source, size: done, limit: MAX_BYTES });
      hash.update(piece);
      await inCache(cache, () => file.writeFile(piece));
      onProgress?.(done, total);
    }
    await inCache(cache, () => file.sync());
  } catch (cause) {
    if (isModelyardError(cause)) throw cause;
    throw fail("HUB_INTERRUPTED", { source, done, total: total || UNTOLD }, { cause });
  } finally {
    await file.close();
  }
  if (total > 0 && done !== total) throw fail("HUB_INTERRUPTED", { source, done, total });
  return { path, bytes: done, sha256: hash.digest("hex") };
}

/** Where the server did not say how long the file is. */
const UNTOLD = "an untold number of";

function adviceFor(status: number): string {
  if (status === 401 || status === 403)
    return "The server asks who you are: open the address in a browser and look what it wants.";
  if (status === 404 || status === 410)
    return "Nothing lies there: check the address; the file may have moved.";
  if (status === 429)
    return "The server has been asked too often: wait some minutes and run the same command again.";
  if (status >= 500) return "The server is in trouble, not you: run the same command again in some minutes.";
  return "Open the address in a browser: it may have moved, or ask for a login.";
}

function continues(response: DownloadResponse, from: number): boolean {
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  return response.status === 206 && Number(range?.[1]) === from;
}

interface Note {
  readonly source: string;
  /** The strong validator under which the part may be continued; null where the server gave none. */
  readonly validator: string | null;
}

async function writeNote(path: string, source: string, headers: DownloadResponse["headers"]): Promise<void> {
  const tag = headers.get("etag");
  const validator = tag === null ? headers.get("last-modified") : tag.startsWith("W/") ? null : tag;
  await writeWhole(notePath(path), JSON.stringify({ source, validator } satisfies Note));
}

async function findPart(path: string, source: string): Promise<{ size: number; validator: string } | null> {
  const text = await readFile(notePath(path), "utf8").catch(() => null);
  const info = await stat(path).catch(() => null);
  if (text === null || !info || info.size === 0) return null;
  try {
    const note = JSON.parse(text) as Note;
    return note.source === source && note.validator ? { size: info.size, validator: note.validator } : null;
  } catch {
    // A note that is no JSON tells nothing: the download begins anew.
    return null;
  }
}

function notePath(path: string): string {
  return `${path}.json`;
}

/** `fetch` hides what happened in the cause. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reason(error.cause) : error.message || error.name;
}
