import type { FastifyReply } from "fastify";
import { isModelyardError } from "../../../base/errors/index.ts";
import type { Lease, ModelStatus } from "../../../run/pipeline/catalogue.ts";
import type { ServerContext } from "../context.ts";
import { sendError } from "./reply.ts";

/** The model that an address names. */
export interface ModelParams {
  readonly model: string;
  readonly version?: string | undefined;
}

/** Leases the model while a function answers; where there is none to lease, answers with the reason. */
export function withLease(
  context: ServerContext,
  params: ModelParams,
  reply: FastifyReply,
  answer: (lease: Lease) => void,
): void {
  try {
    const lease = context.catalogue.lease(params.model, params.version);
    try {
      answer(lease);
    } finally {
      lease.release();
    }
  } catch (error) {
    sendError(context, reply, error, progressOf(context, error, params));
  }
}

/** How far a model is that is not ready yet, to stand beside the error that says so. */
export function progressOf(
  context: ServerContext,
  error: unknown,
  { model, version }: ModelParams,
): Pick<ModelStatus, "state" | "progress"> | undefined {
  if (!isModelyardError(error) || error.code !== "MODEL_NOT_READY") return undefined;
  const statuses = context.catalogue.status().filter((status) => status.name === model);
  const status = version === undefined ? statuses[0] : statuses.find((each) => each.version === version);
  return status && { state: status.state, ...(status.progress && { progress: status.progress }) };
}
