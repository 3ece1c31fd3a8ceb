import type { FastifyReply } from "fastify";
import {
  isModelyardError,
  isUnforeseen,
  moduleStackOf,
  type PlainError,
  toPlainError,
} from "../../../base/errors/index.ts";
import type { ServerContext } from "../context.ts";

export const JSON_TYPE = "application/json; charset=utf-8";

/** Seconds after which a client that was told 503 may ask again: a model is loaded or a queue is shorter by then. */
const RETRY_AFTER_S = "2";

/** Sends JSON text that is already written. */
export function sendText(reply: FastifyReply, status: number, text: string): void {
  reply.code(status).header("content-type", JSON_TYPE).send(text);
}

/**
 * The same for the answers of predictions, past Fastify's hooks and serialisers, of which none has anything to do with
 * them: a tenth of the time that a quick model's request takes.
 */
export function sendAnswer(reply: FastifyReply, text: string): void {
  const head = ["content-type", JSON_TYPE, "content-length", String(Buffer.byteLength(text))];
  // What was said before, such as the request's id and warnings.
  for (const [name, value] of Object.entries(reply.getHeaders())) head.push(name, String(value));
  reply.hijack();
  reply.raw.writeHead(200, head);
  reply.raw.end(text);
}

export function sendJson(reply: FastifyReply, status: number, value: unknown): void {
  sendText(reply, status, JSON.stringify(value));
}

/** Body of every answer that is no success: `error` is the protocol's, the rest says where and what to do. */
export function errorBody(plain: PlainError, more: object = {}): string {
  const { code, message, where, hint } = plain;
  return JSON.stringify({ error: message, code, where, hint, ...more });
}

/** What is nobody's mistake but ours goes to the log, with the stack of the thread that threw it. */
export function logUnforeseen(context: ServerContext, request: string, error: unknown): void {
  if (isUnforeseen(error)) context.log.error({ err: error, request }, "a request failed unexpectedly");
  // Whoever wrote the module needs the stack, and whoever asked does not.
  else if (isModelyardError(error) && moduleStackOf(error) !== null) {
    const { message, where } = error;
    context.log.error({ err: error, request, ...(where === undefined ? {} : { where }) }, message);
  }
}

/** Answers with an error, whatever was thrown; what is nobody's mistake but ours also goes to the log. */
export function sendError(
  context: ServerContext,
  reply: FastifyReply,
  error: unknown,
  more?: object,
): PlainError {
  const plain = toPlainError(error);
  logUnforeseen(context, reply.request.id, error);
  context.metrics.refused(plain.code);
  if (plain.http === 503) reply.header("retry-after", RETRY_AFTER_S);
  if (context.draining) reply.header("connection", "close");
  sendText(reply, plain.http, errorBody(plain, more));
  return plain;
}
