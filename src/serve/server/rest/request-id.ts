import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What is safe to echo in a header, to log and to search for. */
const SANE = /^[\w.:@/+=-]{1,128}$/;

/** Tells the requests of this process from those of every other; what follows it tells them from each other. */
const PROCESS = randomBytes(12).toString("base64url");
let count = 0;

/** The id that the client gave as x-request-id, if it is sane; else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && SANE.test(given) ? given : `${PROCESS}.${++count}`;
}
