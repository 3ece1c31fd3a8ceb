import type { FastifyInstance } from "fastify";
import type { ModelCard } from "../../../run/pipeline/catalogue.ts";
import type { ServerContext } from "../context.ts";
import { datatypeName, wireShape } from "../wire/datatype.ts";
import { answerInfer } from "./infer.ts";
import { type ModelParams, withLease } from "./lease.ts";
import { handlePrediction } from "./prediction.ts";
import { sendJson } from "./reply.ts";

/** What `GET /v2` says of this server. */
export interface ServerIdentity {
  readonly name: string;
  readonly version: string;
}

/** Load balancers ask how a server is, and have no key. */
const OPEN = { config: { access: "open" } } as const;

/** The routes of the Open Inference Protocol v2 (https://github.com/kserve/open-inference-protocol), REST with JSON. */
export function routeProtocol(app: FastifyInstance, context: ServerContext, identity: ServerIdentity): void {
  for (const url of ["/v2", "/v2/"]) {
    app.get(url, (_request, reply) =>
      sendJson(reply, 200, { ...identity, extensions: ["sequence", "schedule_policy"] }),
    );
  }
  app.get("/v2/health/live", OPEN, (_request, reply) => sendJson(reply, 200, { live: true }));
  app.get("/v2/health/ready", OPEN, (_request, reply) => {
    const ready = isReady(context);
    sendJson(reply, ready ? 200 : 503, {
      live: true,
      ready,
      ...(ready ? {} : { error: whyNotReady(context) }),
    });
  });
  app.get("/v2/models", (_request, reply) => {
    const names = new Set(context.catalogue.status().map((status) => status.name));
    sendJson(reply, 200, { models: [...names] });
  });
  for (const base of ["/v2/models/:model", "/v2/models/:model/versions/:version"]) {
    app.get(base, (request, reply) => {
      withLease(context, request.params as ModelParams, reply, ({ card }) =>
        sendJson(reply, 200, metadata(card)),
      );
    });
    app.get(`${base}/ready`, (request, reply) => {
      withLease(context, request.params as ModelParams, reply, (lease) => {
        const refusal = lease.refusal();
        if (refusal) throw refusal;
        sendJson(reply, 200, { name: lease.card.id.name, ready: true });
      });
    });
    app.post(`${base}/infer`, (request, reply) => {
      void handlePrediction(context, request, reply, answerInfer);
    });
  }
}

/** Ready once one model answers, or once there is none left to wait for; others may still be on their way. */
function isReady(context: ServerContext): boolean {
  if (context.draining) return false;
  const states = context.catalogue.status().map((status) => status.state);
  const coming = states.some((state) => state === "waiting" || state === "fetching" || state === "loading");
  return states.includes("ready") || !coming;
}

function whyNotReady(context: ServerContext): string {
  return context.draining ? "The server is shutting down." : "No model is ready yet.";
}

/** Metadata without what the server fills in itself: the states of its sequences. */
function metadata(card: ModelCard): object {
  const states = card.stateful ? Object.values(card.contract.states) : [];
  const hidden = new Set(states.flatMap((state) => [state.input, state.output]));
  const tensors = (specs: ModelCard["signature"]["inputs"]) =>
    specs
      .filter((spec) => !hidden.has(spec.name))
      .map((spec) => ({ name: spec.name, datatype: datatypeName(spec.dtype), shape: wireShape(spec.shape) }));
  return {
    name: card.id.name,
    versions: card.versions,
    platform: card.platform,
    inputs: tensors(card.signature.inputs),
    outputs: tensors(card.signature.outputs),
  };
}
