import { z } from "zod";
import { ErrorBody } from "../../api/models.ts";
import { OPERATIONS, type Operation } from "../../api/operations.ts";
import type { ServerIdentity } from "./protocol.ts";

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12 as zod writes it. */
export function openApi(identity: ServerIdentity): Json {
  const { paths, schemas } = writeAll();
  return {
    openapi: "3.1.0",
    info: { title: identity.name, version: identity.version, description: INTRODUCTION },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas,
      securitySchemes: { key: { type: "http", scheme: "bearer", description: KEYS } },
    },
  };
}

function writeAll(): { paths: Json; schemas: Json } {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS) {
    const path = paths[operation.path] ?? {};
    path[operation.method] = describe(operation, schemas);
    paths[operation.path] = path;
  }
  return { paths, schemas };
}

const KEYS = `A key of \`modelyard keys create\`, where the server asks for one.`;

const KEY_ERRORS = { 401: ErrorBody, 403: ErrorBody, 429: ErrorBody };

const INTRODUCTION = `Models behind an API. Ask one in the shape of its task with \`POST /models/{model}\`, or tensor by
tensor with the Open Inference Protocol under \`/v2\`. Every error is \`{"error", "code", "where", "hint"}\`.`;

function describe(operation: Operation, schemas: Json): Json {
  const { method, path, tag, summary, query = {}, body, answer, errors, access = "infer" } = operation;
  const keyErrors = access === "open" ? {} : KEY_ERRORS;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => String(match[1]));
  const parameters = [
    ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...Object.entries(query).map(([name, description]) => ({
      name,
      in: "query",
      description,
      schema: { type: "string", enum: ["true", "false"] },
    })),
  ];
  const success =
    typeof answer === "string"
      ? { [answer]: {} }
      : { "application/json": { schema: refer(answer, schemas) } };
  const responses: Json = { 200: { description: "The answer", content: success } };
  for (const [status, schema] of Object.entries({ ...errors, ...keyErrors, 500: ErrorBody })) {
    const content = { "application/json": { schema: refer(schema, schemas) } };
    responses[status] = { description: STATUS[status] ?? "An error", content };
  }
  return {
    operationId: `${method}${path.replace(/[{}]/g, "").replace(/\W+(\w)/g, (_, letter) => letter.toUpperCase())}`,
    tags: [tag],
    summary,
    ...(access === "open" ? {} : { security: [{ key: [access] }, {}] }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: bodies(body, schemas) } } : {}),
    responses,
  };
}

const STATUS: Readonly<Record<string, string>> = {
  400: "The request does not fit the model, or is not JSON",
  401: "A key is asked for, and there was none, or a wrong or revoked one",
  403: "The key lacks the scope",
  429: "Too many wrong keys came from this address; see Retry-After",
  404: "There is no such model, version or example",
  413: "The body is too large",
  415: "The body is of a type or encoding that is not read",
  422: "The model could not be run on these values",
  500: "A defect of the server",
  503: "The model is still on its way, or the server is full or shutting down; see Retry-After",
};

function bodies(body: NonNullable<Operation["body"]>, schemas: Json): Json {
  return Object.fromEntries(
    Object.entries(body).map(([type, schema]) => [type, schema ? { schema: refer(schema, schemas) } : {}]),
  );
}

/** A schema as OpenAPI has it: those with an id become components, and are referred to. */
function refer(schema: z.ZodType, schemas: Json): Json {
  // As input: unknown keys are allowed, as they are by the server.
  const { $schema: _, $defs, ...own } = z.toJSONSchema(schema, { io: "input" }) as Json & { $defs?: Json };
  for (const [name, definition] of Object.entries($defs ?? {})) schemas[name] = relocate(definition);
  return relocate(own) as Json;
}

/** Points every reference of a JSON Schema at the document's components. */
function relocate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "$ref" ? String(item).replace("#/$defs/", "#/components/schemas/") : relocate(item),
    ]),
  );
}
