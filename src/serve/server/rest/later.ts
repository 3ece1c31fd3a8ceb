import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/**
 * Routes behind which stands a server of their own, which is made with their first request, and with it the packages that they
 * alone need are loaded: whoever asks models does not wait for those at every start. They are open, and are read (GET, HEAD).
 * @param make without a port; its errors are answered as it says
 */
export function routeLater(
  app: FastifyInstance,
  paths: readonly string[],
  make: () => Promise<FastifyInstance>,
): void {
  let made: Promise<FastifyInstance> | null = null;
  const makeReady = async () => {
    const inner = await make();
    await inner.ready();
    return inner;
  };
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    made ??= makeReady();
    const inner = await made.catch((error: unknown) => {
      // Tried anew with the next request, each of which is told why.
      made = null;
      throw error;
    });
    // What was said before, such as who may read the answer, is said of what follows.
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    reply.hijack();
    inner.routing(request.raw, reply.raw);
  };
  for (const path of paths) app.get(path, { config: { access: "open" } }, answer);
  app.addHook("onClose", async () => {
    await (await made?.catch(() => null))?.close();
  });
}
