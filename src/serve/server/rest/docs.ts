import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { openApi } from "./openapi.ts";
import type { ServerIdentity } from "./protocol.ts";
import { sendText } from "./reply.ts";

/**
 * What the page at /docs may load: this server alone. Swagger UI sets styles in elements. Its own policy forbids them, lets
 * pictures and fonts come from elsewhere, and turns every address into https, which this server need not speak.
 */
const DOCS_POLICY = [
  "default-src 'self'",
  // Pictures and sounds that are answered are shown out of the page's own memory.
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'self'",
  "frame-ancestors 'self'",
].join("; ");

/**
 * /openapi.json, and the page at /docs that shows it: all its files come from this server. They need no key: they are the same
 * wherever this version runs.
 */
export async function routeDocs(app: FastifyInstance, identity: ServerIdentity): Promise<FastifyInstance> {
  const document = openApi(identity);
  const text = JSON.stringify(document);
  app.get("/openapi.json", (_request, reply) => sendText(reply, 200, text));
  await app.register(swagger, { mode: "static", specification: { document: document as never } });
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: DOCS_POLICY });
  return app;
}
