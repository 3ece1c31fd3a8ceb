import { fromPlainError, type ModelyardError } from "../../../base/errors/index.ts";
import type { Exchanged } from "../codec.ts";
import type { AskBodies, BodiesAnswer } from "../worker/messages.ts";
import type { BodyRequest } from "./queue.ts";

type Content<T> = T extends [unknown, ...infer Rest] ? Rest : never;

/** Bodies as the content of one message: copied together, since each may be a view into memory that others share. */
export function askOfBodies(bodies: readonly BodyRequest[], max: number): Content<AskBodies> {
  let length = 0;
  for (const { body } of bodies) length += body.length;
  const bytes = new Uint8Array(length);
  const ends: number[] = [];
  const dialects: string[] = [];
  let at = 0;
  let wantsDigest = false;
  for (const { body, digest, dialect } of bodies) {
    bytes.set(body, at);
    at += body.length;
    ends.push(at);
    dialects.push(dialect);
    wantsDigest ||= digest;
  }
  return ["bodies", max, wantsDigest, bytes, ends, dialects];
}

/** The answer to one of the bodies; null where it is left to the caller. */
export function replyTo(
  [replies, digests]: Content<Content<BodiesAnswer>>,
  index: number,
): Exchanged | ModelyardError | null {
  const reply = replies[index];
  if (typeof reply === "string") return { text: reply, digest: digests[index] ?? "" };
  return reply ? fromPlainError(reply) : null;
}
