import type { FastifyInstance, FastifyRequest } from "fastify";
import type { z } from "zod";
import { fail } from "../../../base/errors/index.ts";
import type { Catalogue, ModelCard, ModelStatus } from "../../../run/pipeline/catalogue.ts";
import type { ModelDetail, ModelEntry, ModelInfo } from "../../api/models.ts";
import type { ServerContext } from "../context.ts";
import { type CallExamples, callExamples } from "./call-examples.ts";
import { type ModelParams, withLease } from "./lease.ts";
import { sendJson } from "./reply.ts";

/** GET /models, what is here; GET /models/{model}, all about one; and its example input. */
export function routeModels(app: FastifyInstance, context: ServerContext): void {
  app.get("/models", (_request, reply) => {
    const models = context.catalogue.status().map((status) => entryOf(context.catalogue, status));
    sendJson(reply, 200, { models });
  });
  for (const base of ["/models/:model", "/models/:model/versions/:version"]) {
    app.get(base, (request, reply) => {
      withLease(context, request.params as ModelParams, reply, ({ card }) =>
        sendJson(reply, 200, detailOf(card, callExamples(card, originOf(request), context.keys.asked))),
      );
    });
    app.get(`${base}/example`, async (request, reply) => {
      const { model, version } = request.params as ModelParams;
      const lease = context.catalogue.lease(model, version);
      try {
        const example = await lease.example();
        if (!example) throw fail("SERVE_NO_EXAMPLE", { model });
        // The bytes come with a model that somebody else made: a page among them must not act in this origin's name.
        reply.headers({
          "content-type": example.mediaType,
          "content-disposition": `inline; filename*=UTF-8''${encodeURIComponent(example.name)}`,
          "content-security-policy": "default-src 'none'; sandbox",
          "x-content-type-options": "nosniff",
        });
        return Buffer.from(example.bytes.buffer, example.bytes.byteOffset, example.bytes.byteLength);
      } finally {
        lease.release();
      }
    });
  }
}

function entryOf(catalogue: Catalogue, status: ModelStatus): z.infer<typeof ModelEntry> {
  const { name, version, state, reason, progress, loaded } = status;
  const card = state === "ready" ? { card: infoOf(cardOf(catalogue, name, version)) } : {};
  return {
    name,
    version,
    state,
    reason,
    ...(progress && { progress }),
    ...(loaded !== undefined && { loaded }),
    ...card,
  };
}

function cardOf(catalogue: Catalogue, name: string, version: string): ModelCard {
  const lease = catalogue.lease(name, version);
  lease.release();
  return lease.card;
}

function infoOf(card: ModelCard): z.infer<typeof ModelInfo> {
  const { description, license, platform, summary, task, stateful, maxBatch } = card;
  const { digest } = card.id;
  const versions = [...card.versions];
  if (!task) return { digest, description, license, platform, summary, task, stateful, maxBatch, versions };
  const { id, title, answer } = task;
  const accepts = { kind: task.accepts.kind, mediaTypes: [...task.accepts.mediaTypes] };
  const info = { id, title, accepts, answer };
  return { digest, description, license, platform, summary, task: info, stateful, maxBatch, versions };
}

function detailOf(card: ModelCard, examples: CallExamples): z.infer<typeof ModelDetail> {
  const { inputs, outputs } = card.signature;
  const specs = (list: typeof inputs) =>
    list.map(({ name, dtype, shape }) => ({ name, dtype, shape: shape && [...shape] }));
  return {
    name: card.id.name,
    version: card.id.version,
    ...infoOf(card),
    signature: { inputs: specs(inputs), outputs: specs(outputs) },
    device: card.device && deviceOf(card.device),
    contract: { ...card.contract },
    reasons: [...card.reasons],
    examples: { ...examples },
  };
}

function deviceOf({ name, reason, placement }: NonNullable<ModelCard["device"]>) {
  // Names of all nodes are for who looks into one model: `run --json` has them.
  const shares =
    placement?.shares.map(({ names: _, ...share }) => ({ ...share, operators: { ...share.operators } })) ??
    [];
  return { name, reason, placement: placement && { ...placement, shares } };
}

/** Where the client found this server, for lines it may copy; nothing odd that a Host header may hold. */
function originOf(request: FastifyRequest): string {
  const host = /^[\w.:[\]-]{1,255}$/.test(request.host) ? request.host : "localhost";
  return `${request.protocol}://${host}`;
}
