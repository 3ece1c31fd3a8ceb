import { once } from "node:events";
import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fail, toPlainError } from "../../../base/errors/index.ts";
import type { Lease, ModelCard } from "../../../run/pipeline/catalogue.ts";
import { LARGE_BODY } from "../bodies/thread.ts";
import type { ServerContext } from "../context.ts";
import { TASK_DIALECT } from "../wire/task-json.ts";
import { connectionSignal } from "./connection.ts";
import { type Answer, handlePrediction } from "./prediction.ts";
import { errorBody, logUnforeseen } from "./reply.ts";
import { isTaskJson, readTaskInput, type TaskQuestion } from "./task-input.ts";

type TaskEvent = Awaited<ReturnType<ReturnType<Lease["predict"]>["next"]>>["value"] & object;
type FinalEvent = Extract<TaskEvent, { type: "answer" }>;

/** Header that carries the warnings of an answer as a JSON list; a body that was asked for carries them whole. */
export const WARNINGS_HEADER = "x-modelyard-warnings";
/** Characters of that header: proxies refuse heads of more than 8 kB in all. */
const MAX_WARNINGS_HEADER = 4_000;

/** POST /models/{model}[/versions/{version}], in the shape of Hugging Face's inference API. */
export function routeTasks(app: FastifyInstance, context: ServerContext): void {
  for (const url of ["/models/:model", "/models/:model/versions/:version"]) {
    app.post(url, (request, reply) => {
      void handlePrediction(context, request, reply, answerTask);
    });
  }
}

/** Whether the runtime gives every output that the contract names; where it does not, the task warns of the others. */
function givesAll({ contract, signature }: ModelCard): boolean {
  const given = new Set(signature.outputs.map(({ name }) => name));
  return Object.values(contract.outputs).every((each) => !("tensor" in each) || given.has(each.tensor));
}

async function answerTask(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  lease: Lease,
  body: Buffer,
): Promise<Answer> {
  const signal = connectionSignal(request.raw.socket);
  const query = request.query as Readonly<Record<string, unknown>>;
  const streams = query.stream === "true" || request.headers.accept?.includes("text/event-stream");
  const withWarnings = query.warnings === "true";
  // Named tensors are read, run and answered where the model is, as by the protocol: a picture's worth of numbers would hold up all.
  const isQuick = !streams && givesAll(lease.card);
  const contentType = request.headers["content-type"];
  if (lease.exchange && isQuick && isTaskJson(lease.card, contentType, body)) {
    const deadline = Date.now() + context.limits.waitMs;
    const digest = context.store !== null;
    const reply = await lease.exchange(body, { signal, deadline, digest, dialect: TASK_DIALECT });
    if (reply) {
      const text = withWarnings ? `{"answer":${reply.text},"warnings":[]}` : reply.text;
      return { text, task: "tensors", digest: reply.digest };
    }
  }
  const { input, parameters } =
    (await readElsewhere(context, lease.card, contentType, body)) ??
    readTaskInput(lease.card, contentType, body);
  const events = lease.predict(input, signal, parameters);
  const task = lease.card.task?.id ?? "tensors";
  if (streams) {
    return { text: await sendEvents(context, request, reply, lease, events, signal), task, sent: true };
  }
  const { value, warnings, steps } = await lastOf(lease, events);
  if (steps) reply.header("server-timing", timingText(steps));
  if (warnings.length > 0) reply.header(WARNINGS_HEADER, headerText(warnings));
  return { text: JSON.stringify(withWarnings ? { answer: value, warnings } : value), task };
}

/** A large body of JSON is read where it holds up nobody; null for all others, and for a module or a pipeline, which see it as it is. */
async function readElsewhere(
  { bodies }: ServerContext,
  card: ModelCard,
  contentType: string | undefined,
  body: Buffer,
): Promise<TaskQuestion | null> {
  if (body.length < LARGE_BODY || !card.task || !card.plain) return null;
  if (!isTaskJson(card, contentType, body)) return null;
  const { signature, contract, task } = card;
  return bodies.task({ accepts: task.accepts.kind, signature, contract }, body);
}

async function lastOf(lease: Lease, events: AsyncIterable<TaskEvent>): Promise<FinalEvent> {
  let last: FinalEvent | null = null;
  for await (const event of events) if (event.type === "answer") last = event;
  if (!last) throw fail("SERVE_NO_ANSWER", { model: lease.card.id.name });
  return last;
}

/**
 * Sends partial answers as server-sent events while they come: `partial` …, `warning` …, and last `answer`, or `error`.
 * What fails before the first of them is thrown, and answered as without a stream.
 */
async function sendEvents(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  lease: Lease,
  events: AsyncGenerator<TaskEvent, void, void>,
  signal: AbortSignal,
): Promise<string> {
  const first = await events.next();
  if (first.done) throw fail("SERVE_NO_ANSWER", { model: lease.card.id.name });
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
  });
  const send = async (name: string, data: string) => {
    if (!response.write(`event: ${name}\ndata: ${data}\n\n`)) await once(response, "drain", { signal });
  };
  let answer = "";
  try {
    for (let next: IteratorResult<TaskEvent, void> = first; !next.done; next = await events.next()) {
      const event = next.value;
      const text = JSON.stringify(event.value);
      if (event.type === "answer") {
        answer = text;
        for (const warning of event.warnings) await send("warning", JSON.stringify(warning));
      }
      await send(event.type, text);
    }
  } catch (error) {
    // Whoever hung up needs no answer.
    if (!signal.aborted) logUnforeseen(context, request.id, error);
    if (!response.destroyed) response.write(`event: error\ndata: ${errorBody(toPlainError(error))}\n\n`);
    answer = toPlainError(error).code;
  } finally {
    response.end();
    await events.return();
  }
  return answer;
}

/** W3C Server Timing: what each step took, in milliseconds. Names of steps are tokens. */
function timingText(steps: NonNullable<FinalEvent["steps"]>): string {
  return steps.map(({ step, ms }) => `${step};dur=${ms.toFixed(2)}`).join(", ");
}

/** A header takes ASCII alone: other characters are written as JSON's escapes. */
function headerText(warnings: readonly string[]): string {
  let kept = warnings;
  for (;;) {
    const text = JSON.stringify(kept).replace(/[^\x20-\x7e]/g, (char) => {
      return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
    if (text.length <= MAX_WARNINGS_HEADER || kept.length === 0) return text;
    kept = kept.slice(0, -1);
  }
}
