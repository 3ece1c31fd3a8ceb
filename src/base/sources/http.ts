import { fail } from "../errors/index.ts";
import { checkRange, checkSiblingName } from "./buffer.ts";
import type { ByteSource, ModelSource } from "./source.ts";

/** Bytes of one request at least: a header is read in many small pieces, a request costs as much as this many bytes. */
const BLOCK = 64 * 1024;
/** Blocks that are kept: the reader of a header goes forward, and looks back a little. */
const MAX_BLOCKS = 16;

export interface HttpOptions {
  /** Headers of every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** How a server's answer names the part that it holds (RFC 9110, 14.4). */
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/;

/**
 * A file on a server as a source of ranges: only what is asked for is fetched, in blocks of 64 kB (RFC 9110, 14).
 * @param url https, or http on this machine
 * @throws FILE_REMOTE_ADDRESS, FILE_REMOTE_UNREACHABLE, FILE_REMOTE_STATUS, FILE_REMOTE_WHOLE, FILE_REMOTE_CHANGED
 */
export async function httpSource(url: string, options: HttpOptions = {}): Promise<ByteSource> {
  const source = await tryHttpSource(url, options);
  if (source) return source;
  throw fail("FILE_REMOTE_STATUS", { url, status: 404 }, { where: url });
}

/** A model on a server; the files beside it are looked for below the same address. */
export async function httpModelSource(url: string, options: HttpOptions = {}): Promise<ModelSource> {
  const main = await httpSource(url, options);
  return {
    main,
    async sibling(name) {
      checkSiblingName(name, url);
      const path = name
        .split(/[/\\]/)
        .map((part) => encodeURIComponent(part))
        .join("/");
      const address = new URL(url);
      address.pathname = address.pathname.replace(/[^/]*$/, path);
      return tryHttpSource(address.href, options);
    },
    close: () => main.close(),
  };
}

/** null where there is no such file. */
async function tryHttpSource(url: string, options: HttpOptions): Promise<ByteSource | null> {
  checkAddress(url);
  const first = await fetchPart(url, 0, BLOCK, options, null);
  if (!first) return null;
  const { size, etag } = first;
  const blocks = new Map<number, Promise<Uint8Array>>([[0, Promise.resolve(first.bytes)]]);

  const part = async (offset: number, length: number, signal?: AbortSignal) => {
    const asked = signal ? { ...options, signal } : options;
    const found = await fetchPart(url, offset, Math.min(length, size - offset), asked, etag);
    if (found?.size !== size) throw fail("FILE_REMOTE_CHANGED", { url }, { where: url });
    return found.bytes;
  };
  const block = (index: number, signal?: AbortSignal) => {
    const known = blocks.get(index);
    if (known) return known;
    const coming = part(index * BLOCK, BLOCK, signal);
    blocks.set(index, coming);
    // One that failed is asked for again; the oldest makes room.
    coming.catch(() => blocks.delete(index));
    if (blocks.size > MAX_BLOCKS) blocks.delete(blocks.keys().next().value as number);
    return coming;
  };
  return {
    name: url,
    size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      checkRange(url, size, offset, length);
      if (length === 0) return new Uint8Array(0);
      if (length > BLOCK) return part(offset, length, signal);
      const index = Math.floor(offset / BLOCK);
      const start = await block(index, signal);
      const from = offset - index * BLOCK;
      if (from + length <= start.byteLength) return start.subarray(from, from + length);
      const bytes = new Uint8Array(length);
      bytes.set(start.subarray(from));
      const rest = length - (start.byteLength - from);
      bytes.set((await block(index + 1, signal)).subarray(0, rest), length - rest);
      return bytes;
    },
    async close() {
      blocks.clear();
    },
  };
}

interface Part {
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly size: number;
  readonly etag: string | null;
}

/** One range; null where the file is not there, and the first range of an empty file as no bytes. */
async function fetchPart(
  url: string,
  offset: number,
  length: number,
  { headers, signal }: HttpOptions,
  etag: string | null,
): Promise<Part | null> {
  const asked = {
    ...headers,
    range: `bytes=${offset}-${offset + length - 1}`,
    // A part of what was compressed on the way would be no part of the file.
    "accept-encoding": "identity",
    ...(etag && { "if-range": etag }),
  };
  let response: Response;
  try {
    response = await fetch(url, { headers: asked, ...(signal && { signal }) });
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreachable(url, cause);
  }
  // A redirect may not lead where the address itself may not point.
  checkAddress(response.url);
  const { status } = response;
  if (status !== 206) {
    await response.body?.cancel();
    if (status === 404 || status === 410) return null;
    if (status === 416 && offset === 0) return { bytes: new Uint8Array(0), size: 0, etag: null };
    if (status === 200)
      throw fail(etag ? "FILE_REMOTE_CHANGED" : "FILE_REMOTE_WHOLE", { url }, { where: url });
    throw fail("FILE_REMOTE_STATUS", { url, status }, { where: url });
  }
  const [, from, , total] = CONTENT_RANGE.exec(response.headers.get("content-range") ?? "") ?? [];
  const size = Number(total);
  if (from === undefined || Number(from) !== offset || !Number.isSafeInteger(size)) {
    await response.body?.cancel();
    throw fail("FILE_REMOTE_WHOLE", { url }, { where: url });
  }
  const bytes = await readBody(url, response, Math.min(length, size - offset), signal);
  const strong = response.headers.get("etag");
  return { bytes, size, etag: strong?.startsWith('"') ? strong : null };
}

/** Never more than was asked for, whatever the server sends. */
async function readBody(
  url: string,
  response: Response,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  const reader = response.body?.getReader();
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      bytes.set(next.value.subarray(0, length - at), at);
      at = Math.min(length, at + next.value.byteLength);
      if (at === length) break;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreachable(url, cause);
  } finally {
    await reader?.cancel().catch(() => {});
  }
  if (at < length) throw unreachable(url, new Error(`the answer ended ${length - at} bytes too early`));
  return bytes;
}

function unreachable(url: string, cause: unknown) {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const problem = inner instanceof Error ? inner.message : String(inner);
  return fail("FILE_REMOTE_UNREACHABLE", { url, problem }, { where: url, cause });
}

/** What a person on the way may read or change is no source of models; this machine's own servers are. */
function checkAddress(url: string): void {
  const address = URL.canParse(url) ? new URL(url) : null;
  const local = address && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(address.hostname);
  if (address?.protocol === "https:" || (address?.protocol === "http:" && local)) return;
  throw fail("FILE_REMOTE_ADDRESS", { url }, { where: url });
}
