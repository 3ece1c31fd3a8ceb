import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../context.ts";

/** GET /metrics, in Prometheus' text format. */
export function routeMetrics(app: FastifyInstance, { metrics }: ServerContext): void {
  app.get("/metrics", { config: { access: "admin" } }, async (_request, reply) => {
    const { text, contentType } = await metrics.text();
    reply.type(contentType);
    return text;
  });
}
