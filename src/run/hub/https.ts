import { basename } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { checkDigest, findRef, keep } from "./cache.ts";
import { type DownloadResponse, download } from "./download.ts";
import type { SourceKind } from "./source.ts";

const MAX_REDIRECTS = 5;

/** A file behind https (or http on this machine). */
export function httpsSource(scheme: "https" | "http"): SourceKind {
  return {
    scheme,
    form: `${scheme}://host/path`,
    async resolve(source, { cache, sha256: expected, signal, onProgress }) {
      const url = parseUrl(source);
      const cached = await findRef(cache, source);
      if (cached) {
        checkDigest(source, cached.ref.sha256, expected);
        return { path: cached.path, source, bytes: cached.ref.bytes, sha256: cached.ref.sha256 };
      }
      const request = (headers: Record<string, string>, stop: AbortSignal) =>
        follow(source, url, headers, stop);
      const options = {
        cache,
        source,
        request,
        ...(signal && { signal }),
        ...(onProgress && { onProgress }),
      };
      return download(options, async (file) => {
        checkDigest(source, file.sha256, expected);
        const ref = { source, sha256: file.sha256, name: fileName(url), bytes: file.bytes };
        return { path: await keep(cache, ref, file.path), source, bytes: file.bytes, sha256: file.sha256 };
      });
    },
  };
}

function parseUrl(source: string): URL {
  if (!URL.canParse(source)) throw fail("HUB_NO_ADDRESS", { source });
  return new URL(source);
}

/** Follows redirects by hand: none from https to http, and http only on this machine. */
async function follow(
  source: string,
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<DownloadResponse> {
  let at = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    if (at.protocol !== "https:" && !isLoopback(at)) throw fail("HUB_NOT_HTTPS", { source: at.href });
    // Packed answers have no ranges that could be resumed.
    const response = await fetch(at, {
      headers: { ...headers, "accept-encoding": "identity" },
      signal,
      redirect: "manual",
    });
    const target = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && target !== null) {
      await response.body?.cancel();
      at = new URL(target, at);
      continue;
    }
    if (response.ok && /^text\/html\b/i.test(response.headers.get("content-type") ?? "")) {
      await response.body?.cancel();
      throw fail("HUB_PAGE", { source });
    }
    return response;
  }
  throw fail("HUB_REDIRECTS", { source, limit: MAX_REDIRECTS });
}

function isLoopback(url: URL): boolean {
  return url.protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

function fileName(url: URL): string {
  const name = basename(url.pathname)
    .replace(/%[0-9a-f]{2}/gi, "_")
    .replace(/[^\w.@+-]/g, "_");
  return /^\.*$/.test(name) ? "model" : name;
}
