import type { Socket } from "node:net";
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import { fail, isModelyardError, toPlainError } from "../../base/errors/index.ts";
import { packageVersion } from "../../base/node/version.ts";
import type { Catalogue } from "../../run/pipeline/catalogue.ts";
import type { Store } from "../store/store.ts";
import { allowOrigins } from "./access/cors.ts";
import { checkProxies, type Exposure, refuseUnguarded } from "./access/expose.ts";
import { guardRoutes } from "./access/guard.ts";
import { Guesses } from "./access/guesses.ts";
import { KeyRing } from "./access/ring.ts";
import { readTls, renewTls, type TlsPair } from "./access/tls.ts";
import { FrameOrder } from "./bodies/order.ts";
import { BodyThread } from "./bodies/thread.ts";
import type { ServerContext } from "./context.ts";
import { LIMITS, type Limits } from "./limits.ts";
import type { ServerLog } from "./log.ts";
import { openMetrics } from "./metrics/metrics.ts";
import { routeMetrics } from "./metrics/route.ts";
import { PredictionLog } from "./prediction-log.ts";
import { routeLater } from "./rest/later.ts";
import { methodsByPath } from "./rest/methods.ts";
import { routeModels } from "./rest/models.ts";
import { routeProtocol, type ServerIdentity } from "./rest/protocol.ts";
import { errorBody, JSON_TYPE, sendError } from "./rest/reply.ts";
import { requestId } from "./rest/request-id.ts";
import { routeTasks } from "./rest/tasks.ts";
import { routeWeb } from "./rest/web.ts";
import { SequenceTable } from "./sequences.ts";

export interface ServerOptions {
  catalogue: Catalogue;
  /** Where predictions are logged; null for nowhere. */
  store: Store | null;
  /** @default "127.0.0.1" */
  host?: string;
  /** 0 takes any free port. @default 8080 */
  port?: number;
  /** Folder of the built page. */
  web?: string;
  /** @default nowhere */
  log?: ServerLog;
  limits?: Partial<Limits>;
  /** Who may ask. @default anybody on this machine */
  expose?: Exposure;
  /** @default "modelyard" and the package's version */
  identity?: ServerIdentity;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Whether there is a key, without which nobody may ask. */
  readonly asksForKey: boolean;
  /** Reads the certificate again, for connections to come. */
  renewCertificate(): Promise<void>;
  /**
   * Takes the server away without losing an answer: readiness goes off, what is under way is answered, new predictions
   * are refused with 503, all within `limits.drainMs`. Catalogue and store stay open: they are the caller's.
   */
  close(): Promise<void>;
}

const SILENT: ServerLog = { info() {}, warn() {}, error() {} };

/** Node looks so often for connections that are too slow; its own 30 s would double the limits. */
const CONNECTION_CHECK_MS = 5_000;

/** A connection is accepted in one turn of the event loop, and read in the next. */
const QUIET_TURNS = 3;

/** Of the API's description, and of the page that shows it. */
const DOCS_PATHS = ["/openapi.json", "/docs", "/docs/*"];

/** Longest name in an address, decoded; Fastify's own 100 is shorter than names that occur. */
const MAX_PARAM = 1_024;

/**
 * Starts the HTTP server and resolves when it listens.
 * @throws SERVE_PORT_BUSY, SERVE_LISTEN, SERVE_UNGUARDED, SERVE_TLS_*, SERVE_ORIGIN, SERVE_PROXY, KEY_WEAK
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const limits = { ...LIMITS, ...options.limits };
  const { host = "127.0.0.1", port = 8080, expose = {}, log = SILENT } = options;
  const tls = expose.tls && (await readTls(expose.tls, log));
  const keys = await KeyRing.open(expose.keys ?? null, expose.apiKey, log);
  checkProxies(expose.proxies ?? []);
  refuseUnguarded(host, keys.asked, expose.insecure);
  const context = openContext(options, limits, keys);
  const app = openApp(context, expose, tls);
  allowOrigins(app, expose.cors ?? []);
  guardRoutes(app, context);
  const identity = options.identity ?? { name: "modelyard", version: packageVersion() };
  routeProtocol(app, context, identity);
  routeModels(app, context);
  routeTasks(app, context);
  routeMetrics(app, context);
  const make = () => openApp(context, {});
  routeLater(app, DOCS_PATHS, async () => (await import("./rest/docs.ts")).routeDocs(make(), identity));
  routeWeb(app, options.web, make);
  const url = await listen(app, host, port).catch(async (error: unknown) => {
    await keys.close();
    throw error;
  });
  const renewal = expose.tls && renewTls(expose.tls, app.server, log);
  return {
    url,
    port: Number(new URL(url).port),
    get asksForKey() {
      return keys.asked;
    },
    renewCertificate: async () => renewal?.renew(),
    close: async () => {
      renewal?.close();
      await close(app, context);
      await keys.close();
    },
  };
}

function openContext(options: ServerOptions, limits: Limits, keys: KeyRing): ServerContext {
  const { catalogue, store } = options;
  const budget = { bodyBytes: limits.bodyBytes, bufferedBytes: limits.bufferedBytes, held: 0 };
  const sequences = new SequenceTable(limits);
  const metrics = openMetrics({
    catalogue,
    store,
    sequences: () => sequences.size,
    held: () => budget.held,
  });
  return {
    catalogue,
    store,
    log: options.log ?? SILENT,
    limits,
    budget,
    metrics,
    predictions: new PredictionLog(store, metrics),
    sequences,
    bodies: new BodyThread(),
    frames: new FrameOrder(),
    keys,
    guesses: new Guesses(),
    draining: false,
    running: 0,
    idle: null,
  };
}

function openApp(context: ServerContext, { proxies = [] }: Exposure, tls?: TlsPair): FastifyInstance {
  const { limits } = context;
  const options: FastifyServerOptions = {
    // Every prediction has its row in the database; a line of log for each would cost more than the routing.
    logger: false,
    // No route has a schema: what comes is checked by wire/. Without these, Fastify loads and sets up compilers of its own.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    genReqId: requestId as (request: object) => string,
    routerOptions: { maxParamLength: MAX_PARAM, ignoreTrailingSlash: false },
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    // While draining the server answers for itself, see the hook below.
    return503OnClosing: false,
    forceCloseConnections: true,
    trustProxy: proxies.length > 0 ? [...proxies] : false,
    clientErrorHandler: refuseConnection,
    // These come before any hook.
    frameworkErrors: (error, request, reply) => {
      nameRequest(request, reply);
      sendError(context, reply, coded(error, request));
    },
  };
  const slow = { connectionsCheckingInterval: CONNECTION_CHECK_MS, headersTimeout: limits.headMs };
  // Types tell servers of the two kinds apart; for what is done here they are one.
  const server = (tls ? { https: { ...slow, ...tls } } : { http: slow }) as object;
  const app = Fastify({ ...options, ...server });
  app.server.maxConnections = limits.connections;
  app.addHook("onRequest", (request, reply, done) => {
    nameRequest(request, reply);
    done();
  });
  // Bodies are read by rest/body.ts, whatever their content type: to Fastify, POST has none.
  app.addHttpMethod("POST", { hasBody: false, overrideExisting: true });
  app.setErrorHandler(
    (error, request, reply) => void sendError(context, reply, coded(error as FastifyError, request)),
  );
  const methods = methodsByPath(app);
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods(pathOf(request));
    if (allowed.length > 0) reply.header("allow", allowed.join(", "));
    sendError(context, reply, allowed.length > 0 ? wrongMethod(request, allowed) : nothingAt(request));
  });
  return app;
}

/** Whatever is answered, whoever asked can say which request it was. */
function nameRequest({ id }: FastifyRequest, reply: FastifyReply): void {
  reply.header("x-request-id", id);
}

function noSchemas(): never {
  throw fail("INTERNAL", { problem: "a route has a schema, and nothing here compiles it" });
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw fail("SERVE_PORT_BUSY", { host, port, another: portOption(port + 1) }, { cause: error });
    throw fail("SERVE_LISTEN", { host, port, problem: message }, { cause: error });
  }
}

/** How another port is asked for; to `npm start`, options of the program come after two dashes. */
function portOption(port: number): string {
  const option = `--port ${port}`;
  return process.env.npm_lifecycle_event === "start" ? `npm start -- ${option}` : option;
}

/** What Node's parser says of bytes that are not HTTP, before there is a request. */
const PARSER_STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Answers bytes that are not HTTP, or come too slowly, and ends the connection. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const status = PARSER_STATUS[error.code ?? ""] ?? "400 Bad Request";
  const body = errorBody(toPlainError(fail("SERVE_HTTP", { problem: error.message })));
  const head = `HTTP/1.1 ${status}\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}

type Asked = Pick<FastifyRequest, "method" | "url">;

function pathOf({ url }: Pick<Asked, "url">): string {
  return url.split("?", 1)[0] ?? "";
}

function nothingAt(request: Asked): Error {
  return fail("SERVE_ROUTE_UNKNOWN", { method: request.method, path: pathOf(request) });
}

function wrongMethod(request: Asked, allowed: readonly string[]): Error {
  const { method } = request;
  return fail("SERVE_METHOD", { method, path: pathOf(request), allowed: allowed.join(", ") });
}

/** Fastify's own refusals in our words. */
function coded(error: FastifyError, request: Asked): Error {
  if (isModelyardError(error)) return error;
  if (error.code === "FST_ERR_BAD_URL" || error.code === "FST_ERR_MAX_PARAM_LENGTH")
    return fail("SERVE_URL", {});
  const status = error.statusCode ?? 500;
  // A path that leaves the page's folder, or that nobody may know of: outside of it there is nothing.
  if (status === 403) return nothingAt(request);
  return status >= 400 && status < 500
    ? fail("SERVE_HTTP", { problem: error.message }, { cause: error })
    : error;
}

async function close(app: FastifyInstance, context: ServerContext): Promise<void> {
  context.draining = true;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, context.limits.drainMs);
  });
  await Promise.race([untilQuiet(context), late]);
  clearTimeout(timer);
  context.sequences.close();
  await app.close();
  await context.bodies.close();
  context.metrics.close();
}

/**
 * Resolves when nobody waits for an answer, nor will: what a client sent before it could know is still in the kernel, and is read
 * within a turn of the event loop.
 */
async function untilQuiet(context: ServerContext): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
    if (context.running > 0) {
      quiet = 0;
      await new Promise<void>((resolve) => {
        context.idle = resolve;
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
