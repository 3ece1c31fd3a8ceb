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
  app.get("/v2/health/ready", OPEN, (request, reply) => {
    const models = countModels(context);
    const wantsAll = (request.query as Readonly<Record<string, unknown>>).models === "all";
    const ready = !context.draining && (wantsAll ? isWhole(models) : isSome(models));
    const error = ready ? {} : { error: whyNotReady(context, models) };
    sendJson(reply, ready ? 200 : 503, { live: true, ready, models, ...error });
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

/** How many versions of models there are in each state. Numbers alone: whoever may ask need not be told of names. */
interface ModelCounts {
  readonly ready: number;
  /** Waiting, being fetched or being loaded. */
  readonly coming: number;
  readonly unavailable: number;
}

const COMING: ReadonlySet<string> = new Set(["waiting", "fetching", "loading"]);

function countModels({ catalogue }: ServerContext): ModelCounts {
  const states = catalogue.status().map(({ state }) => state);
  const count = (is: (state: string) => boolean) => states.filter(is).length;
  return {
    ready: count((state) => state === "ready"),
    coming: count((state) => COMING.has(state)),
    unavailable: count((state) => state === "unavailable"),
  };
}

/** One model answers, or there is none left to wait for; others may still be on their way. */
function isSome({ ready, coming }: ModelCounts): boolean {
  return ready > 0 || coming === 0;
}

/** Every model answers, as KServe's specification and Triton's strict readiness have it. */
function isWhole({ coming, unavailable }: ModelCounts): boolean {
  return coming === 0 && unavailable === 0;
}

function whyNotReady(context: ServerContext, { ready, coming, unavailable }: ModelCounts): string {
  if (context.draining) return "The server is shutting down.";
  if (ready === 0 && coming > 0) return "No model is ready yet.";
  return `${coming} of the models are on their way and ${unavailable} could not be loaded; GET /models says which and why.`;
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
