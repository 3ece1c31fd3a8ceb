import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FastifyStaticOptions } from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { routeLater } from "./later.ts";

/** Vite names what lies here by the hash of its content: it never changes. */
const HASHED = /[\\/]assets[\\/]/;
const FOREVER = "public, max-age=31536000, immutable";
/** Asked for again each time, and answered with 304 where nothing changed. */
const REVALIDATE = "no-cache";

/**
 * What the page may load and reach: this server alone. Pictures and sounds that a person chooses are blobs; the page's
 * own styles may stand in attributes.
 */
const PAGE_POLICY = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob: data:",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join("; ");

const NO_PAGE = `Modelyard is running, without its page (\`npm run build:web\` builds it).

GET  /models          what is here
POST /models/<name>   ask a model: curl --data-binary @picture.jpg <this address>/models/<name>
GET  /docs            every address
`;

/**
 * `/`: the built page, or a few words where it was not built.
 * @param make a server without a port
 */
export function routeWeb(
  app: FastifyInstance,
  folder: string | undefined,
  make: () => FastifyInstance,
): void {
  if (folder === undefined || !existsSync(join(folder, "index.html"))) {
    app.get("/", { config: { access: "open" } }, (_request, reply) => {
      reply.type("text/plain; charset=utf-8").send(NO_PAGE);
    });
    return;
  }
  routeLater(app, ["/", "/*"], async () => {
    const { default: fastifyStatic } = await import("@fastify/static");
    const inner = make();
    await inner.register(fastifyStatic, optionsOf(folder));
    return inner;
  });
}

function optionsOf(folder: string): FastifyStaticOptions {
  return {
    root: folder,
    dotfiles: "ignore",
    cacheControl: false,
    setHeaders(reply, path) {
      reply.header("cache-control", HASHED.test(path) ? FOREVER : REVALIDATE);
      reply.header("x-content-type-options", "nosniff");
      if (path.endsWith(".html")) reply.header("content-security-policy", PAGE_POLICY);
    },
  };
}
