import type { FastifyReply, FastifyRequest } from "fastify";
import { fail } from "../../../base/errors/index.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import type { Lease } from "../../../run/pipeline/catalogue.ts";
import type { ServerContext } from "../context.ts";
import { planOf } from "../wire/plan.ts";
import { type Envelope, readEnvelope, readQuestion } from "../wire/read-request.ts";
import { writeResponse } from "../wire/write-response.ts";
import { connectionSignal } from "./connection.ts";
import type { ModelParams } from "./lease.ts";
import type { Answer } from "./prediction.ts";

type RunOptions = NonNullable<Parameters<Lease["infer"]>[1]>;

/**
 * POST /v2/models/{model}[/versions/{version}]/infer. A plain question is read, run and answered where the model runs,
 * if it can be; all others here. Throws whatever is wrong with the request or the run.
 */
export async function answerInfer(
  context: ServerContext,
  request: FastifyRequest,
  _reply: FastifyReply,
  lease: Lease,
  body: Buffer,
): Promise<Answer> {
  const options: RunOptions = {
    signal: connectionSignal(request.raw.socket),
    deadline: Date.now() + context.limits.waitMs,
  };
  const digest = context.store !== null;
  const reply = lease.exchange && (await lease.exchange(body, { ...options, digest }));
  if (reply) return { text: reply.text, task: "tensors", digest: reply.digest };
  return answerHere(context, request, lease, body, options);
}

async function answerHere(
  context: ServerContext,
  request: FastifyRequest,
  lease: Lease,
  body: Buffer,
  options: RunOptions,
): Promise<Answer> {
  const envelope = readEnvelope(body);
  const { sequence, timeoutUs } = envelope.parameters;
  if (timeoutUs !== undefined) {
    options.deadline = Date.now() + Math.min(context.limits.waitMs, timeoutUs / 1000);
  }
  if (sequence) return answerFrame(context, request, lease, envelope, options);

  const plan = planOf(lease.card);
  const { feeds, outputs, givesStates } = readQuestion(plan, envelope);
  if (outputs.length < plan.allOutputs.length) options.outputs = outputs;
  // A question to a stateful model that brings no states is the first frame of a stream that nobody continues.
  const run = givesStates ? lease.infer(feeds, options) : lease.stream().run(feeds, options);
  return { text: writeResponse(plan, await run, outputs, envelope.id), task: "tensors" };
}

/** One frame of a sequence that the server keeps. */
async function answerFrame(
  context: ServerContext,
  request: FastifyRequest,
  lease: Lease,
  envelope: Envelope,
  options: RunOptions,
): Promise<Answer> {
  const { model, version } = request.params as ModelParams;
  const { sequence } = envelope.parameters;
  if (!sequence || !lease.card.stateful) throw fail("SERVE_SEQUENCE_STATELESS", { model });
  const address = { ...sequence, model, version };
  const plan = planOf(context.sequences.cardOf(address) ?? lease.card);
  const { feeds, outputs } = readQuestion(plan, envelope);
  const open = () => context.catalogue.lease(model, lease.card.id.version);
  const tensors: Tensors = await context.sequences.run(address, open, feeds, options);
  return { text: writeResponse(plan, tensors, outputs, envelope.id), task: "tensors" };
}
