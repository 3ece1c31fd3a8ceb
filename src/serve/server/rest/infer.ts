import type { FastifyReply, FastifyRequest } from "fastify";
import { fail, fromPlainError } from "../../../base/errors/index.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import type { Lease } from "../../../run/pipeline/catalogue.ts";
import type { ReadInfer } from "../bodies/messages.ts";
import type { FramePlace } from "../bodies/order.ts";
import { LARGE_BODY } from "../bodies/thread.ts";
import type { ServerContext } from "../context.ts";
import { type Plan, planOf } from "../wire/plan.ts";
import type { Parameters as AskedParameters } from "../wire/read-parameters.ts";
import { type Question, readEnvelope, readQuestion } from "../wire/read-request.ts";
import { writeResponse } from "../wire/write-response.ts";
import { connectionSignal } from "./connection.ts";
import type { ModelParams } from "./lease.ts";
import type { Answer } from "./prediction.ts";

type RunOptions = NonNullable<Parameters<Lease["infer"]>[1]>;
/** Of a body and of a run alike: made once for each request. */
type AskOptions = RunOptions & Parameters<NonNullable<Lease["exchange"]>>[1];

/**
 * POST /v2/models/{model}[/versions/{version}]/infer. A plain question is read, run and answered where the model runs,
 * if it can be; all others here, large ones in a thread of their own. Throws whatever is wrong with the request or the run.
 */
export async function answerInfer(
  context: ServerContext,
  request: FastifyRequest,
  _reply: FastifyReply,
  lease: Lease,
  body: Buffer,
): Promise<Answer> {
  const options: AskOptions = {
    signal: connectionSignal(request.raw.socket),
    deadline: Date.now() + context.limits.waitMs,
    digest: context.store !== null,
  };
  const reply = lease.exchange && (await lease.exchange(body, options));
  if (reply) return { text: reply.text, task: "tensors", digest: reply.digest };
  return answerHere(context, request, lease, body, options);
}

/** What a body asks, whoever read it. */
interface Asked {
  readonly id: string | undefined;
  readonly parameters: AskedParameters;
  /** As the model of a plan wants it. */
  question(plan: Plan): Promise<Question> | Question;
}

async function answerHere(
  context: ServerContext,
  request: FastifyRequest,
  lease: Lease,
  body: Buffer,
  options: RunOptions,
): Promise<Answer> {
  const { model } = request.params as ModelParams;
  const { stateful } = lease.card;
  const isLarge = body.length >= LARGE_BODY;
  const mayWait = stateful && (isLarge || context.frames.isBusy(model));
  const place = mayWait ? context.frames.enter(model) : null;
  try {
    const asked = isLarge ? await readElsewhere(context, lease, body) : readAtOnce(body);
    const { sequence, timeoutUs } = asked.parameters;
    if (timeoutUs !== undefined) {
      options.deadline = Date.now() + Math.min(context.limits.waitMs, timeoutUs / 1000);
    }
    if (sequence) return await answerFrame(context, request, lease, asked, place, options);
    place?.leave();
    const plan = planOf(lease.card);
    const read = asked.question(plan);
    const { feeds, outputs, givesStates } = read instanceof Promise ? await read : read;
    if (outputs.length < plan.allOutputs.length) options.outputs = outputs;
    // A question to a stateful model that brings no states is the first frame of a stream that nobody continues.
    const run = givesStates ? lease.infer(feeds, options) : lease.stream().run(feeds, options);
    return { text: writeResponse(plan, await run, outputs, asked.id), task: "tensors" };
  } finally {
    place?.leave();
  }
}

function readAtOnce(body: Buffer): Asked {
  const envelope = readEnvelope(body);
  const { id, parameters } = envelope;
  return { id, parameters, question: (plan) => readQuestion(plan, envelope) };
}

/** A large body would hold up all other requests. */
async function readElsewhere({ bodies }: ServerContext, { card }: Lease, body: Buffer): Promise<Asked> {
  const read = await bodies.infer(card, body);
  return {
    id: read.id,
    parameters: read.parameters,
    // A sequence may have begun on an older version.
    question: async (plan) => questionOf(plan.card === card ? read : await bodies.infer(plan.card, body)),
  };
}

function questionOf({ question }: ReadInfer): Question {
  if ("error" in question) throw fromPlainError(question.error);
  return question;
}

/** One frame of a sequence that the server keeps. */
async function answerFrame(
  context: ServerContext,
  request: FastifyRequest,
  lease: Lease,
  asked: Asked,
  place: FramePlace | null,
  options: RunOptions,
): Promise<Answer> {
  const { model, version } = request.params as ModelParams;
  const { sequence } = asked.parameters;
  if (!sequence || !lease.card.stateful) throw fail("SERVE_SEQUENCE_STATELESS", { model });
  // What came before may begin the sequence that this one goes on with.
  await place?.turn;
  const address = { ...sequence, model, version };
  const plan = planOf(context.sequences.cardOf(address) ?? lease.card);
  const read = asked.question(plan);
  const { feeds, outputs } = read instanceof Promise ? await read : read;
  const open = () => context.catalogue.lease(model, lease.card.id.version);
  const running = context.sequences.run(address, open, feeds, options);
  place?.leave();
  const tensors: Tensors = await running;
  return { text: writeResponse(plan, tensors, outputs, asked.id), task: "tensors" };
}
