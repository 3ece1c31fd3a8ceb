import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { openApi } from "./openapi.ts";
import type { ServerIdentity } from "./protocol.ts";
import { sendText } from "./reply.ts";

/** /openapi.json, and the page at /docs that shows it: all its files come from this server. */
export async function routeDocs(app: FastifyInstance, identity: ServerIdentity): Promise<void> {
  const document = openApi(identity);
  const text = JSON.stringify(document);
  app.get("/openapi.json", (_request, reply) => sendText(reply, 200, text));
  await app.register(swagger, { mode: "static", specification: { document: document as never } });
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
}
