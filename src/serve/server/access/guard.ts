import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fail } from "../../../base/errors/index.ts";
import type { ServerContext } from "../context.ts";
import type { Scope } from "./key.ts";
import type { Holder } from "./ring.ts";

/** What a route asks for. `open` routes tell nothing of the models and of who asks them. */
export type Access = Scope | "open";

declare module "fastify" {
  interface FastifyContextConfig {
    /** @default "infer" */
    access?: Access;
  }
}

const REALM = 'Bearer realm="modelyard"';

/** Asks for a key before anything else is done for a request (RFC 6750), where the server has any. */
export function guardRoutes(app: FastifyInstance, context: ServerContext): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (!context.keys.asked) return done();
    // What is not there is told to whoever has a key at all.
    const access = request.is404 ? null : (request.routeOptions.config.access ?? "infer");
    if (access === "open") return done();
    admit(context, request, reply, access).then(() => done(), done);
  });
}

/** @throws KEY_MISSING, KEY_UNKNOWN, KEY_REVOKED, KEY_SCOPE, KEY_GUESSES */
async function admit(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  scope: Scope | null,
): Promise<void> {
  const key = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  if (key === undefined) {
    reply.header("www-authenticate", REALM);
    throw fail("KEY_MISSING", {});
  }
  const holder = await holderOf(context, request, reply, key);
  if (holder === null || holder.revoked) {
    reply.header("www-authenticate", `${REALM}, error="invalid_token"`);
    throw fail(holder ? "KEY_REVOKED" : "KEY_UNKNOWN", {});
  }
  if (scope !== null && !holder.scopes.includes(scope)) {
    reply.header("www-authenticate", `${REALM}, error="insufficient_scope", scope="${scope}"`);
    throw fail("KEY_SCOPE", { scope });
  }
}

/**
 * An address that sent too many wrong keys waits. Keys that were made here pass all the same: nobody finds 256 bits by
 * trying, and one client behind a proxy must not lock out the others. A key that a person thought of does not.
 * @throws KEY_GUESSES
 */
async function holderOf(
  { keys, guesses, log }: ServerContext,
  { ip }: FastifyRequest,
  reply: FastifyReply,
  key: string,
): Promise<Holder | null> {
  let holder = keys.find(key);
  if (holder?.made) return holder;
  const seconds = Math.ceil(guesses.waitMs(ip) / 1000);
  if (seconds > 0) {
    reply.header("retry-after", String(seconds));
    throw fail("KEY_GUESSES", { seconds });
  }
  if (holder === null && keys.mayBeNew(key)) {
    await keys.refresh();
    holder = keys.find(key);
  }
  if (holder === null && guesses.wrong(ip)) log.warn({ address: ip }, "too many wrong keys from one address");
  return holder;
}
