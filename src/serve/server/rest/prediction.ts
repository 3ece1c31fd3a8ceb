import type { FastifyReply, FastifyRequest } from "fastify";
import { fail } from "../../../base/errors/index.ts";
import type { Lease } from "../../../run/pipeline/catalogue.ts";
import type { ServerContext } from "../context.ts";
import { type Body, readBody } from "./body.ts";
import { type ModelParams, progressOf } from "./lease.ts";
import { sendAnswer, sendError } from "./reply.ts";

export interface Answer {
  /** JSON text. */
  readonly text: string;
  /** What the log calls it: "tensors" or the task's id. */
  readonly task: string;
  /** sha256 of the body, where whoever answered has worked it out. */
  readonly digest?: string;
  /** Whether the answer went out already, as a stream of events. */
  readonly sent?: boolean;
}

/** Makes the answer of one route from a leased model and the body of a request. */
export type Answerer = (
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  lease: Lease,
  body: Buffer,
) => Promise<Answer>;

/**
 * The life of a prediction, the same on every route: read the body, lease the model, answer, and behind the answer
 * count and log it. Never rejects: every error becomes an answer.
 */
export async function handlePrediction(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  answerer: Answerer,
): Promise<void> {
  const { model, version } = request.params as ModelParams;
  let body: Body | null = null;
  let lease: Lease | null = null;
  let time = 0;
  let started = 0;
  context.running++;
  try {
    if (context.draining) throw fail("SERVE_DRAINING", {});
    body = await readBody(request.raw, context.budget);
    time = Date.now();
    started = performance.now();
    lease = context.catalogue.lease(model, version);
    const answer = await answerer(context, request, reply, lease, body.bytes);
    if (!answer.sent) sendAnswer(reply, answer.text);
    finish(200, answer.task, answer.text, answer.digest);
  } catch (error) {
    const plain = sendError(context, reply, error, progressOf(context, error, { model, version }));
    finish(plain.http, lease?.card.task?.id ?? "tensors", plain.code);
  } finally {
    lease?.release();
    context.running--;
    if (context.running === 0) context.idle?.();
  }

  function finish(status: number, task: string, answer: string, digest?: string): void {
    if (lease && body) {
      const durationMs = performance.now() - started;
      const model = lease.card.id;
      context.predictions.add({
        request: request.id,
        model,
        task,
        time,
        durationMs,
        status,
        body,
        digest,
        answer,
      });
    } else {
      // A question to nobody is no prediction.
      body?.release();
    }
  }
}
