import type { FastifyInstance } from "fastify";
import { fail } from "../../../base/errors/index.ts";

/** What a page may send beside what every page may. */
const HEADERS = "authorization, content-type, accept, x-request-id";
/** What it may read of an answer's head. */
const EXPOSED = "x-request-id, x-modelyard-warnings, server-timing, retry-after, www-authenticate";
/** Seconds for which a browser need not ask again: what may be asked changes with a restart only. */
const MAX_AGE_S = "600";

/**
 * Lets pages of the named origins ask (Fetch standard, 3.2). A preflight is answered without a key, for a browser sends none
 * with it. Without a name there is no header, and browsers refuse.
 * @throws SERVE_ORIGIN
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  for (const text of origins) if (text !== "*" && !isOrigin(text)) throw fail("SERVE_ORIGIN", { text });
  if (origins.length === 0) return;
  const all = origins.includes("*");
  app.addHook("onRequest", (request, reply, done) => {
    if (!all) reply.header("vary", "Origin");
    const { origin } = request.headers;
    if (origin === undefined || !(all || origins.includes(origin))) return done();
    reply.header("access-control-allow-origin", all ? "*" : origin);
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) {
      reply.header("access-control-expose-headers", EXPOSED);
      return done();
    }
    reply
      .code(204)
      .headers({
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": HEADERS,
        "access-control-max-age": MAX_AGE_S,
      })
      .send();
  });
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
