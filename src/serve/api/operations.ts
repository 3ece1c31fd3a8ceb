import { z } from "zod";
import { ErrorBody, ModelDetail, ModelList, TaskRequest } from "./models.ts";
import {
  InferRequest,
  InferResponse,
  Live,
  ModelMetadata,
  ModelNames,
  ModelReady,
  Ready,
  ServerMetadata,
} from "./protocol.ts";

/** One address and method of the server, as OpenAPI is told of it. */
export interface Operation {
  readonly method: "get" | "post";
  /** Names in braces are parameters; `{version}` is decimal digits. */
  readonly path: string;
  /** The scope of the key that it asks for, where the server has keys; "open" asks for none. @default "infer" */
  readonly access?: "admin" | "infer" | "open";
  readonly tag: "Models" | "Open Inference Protocol" | "Server";
  readonly summary: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Bodies by media type; null is any bytes. */
  readonly body?: Readonly<Record<string, z.ZodType | null>>;
  /** The answer with status 200: a schema of JSON, or the media type of something else. */
  readonly answer: z.ZodType | string;
  /** Statuses of errors beside 500, each with ErrorBody or the schema given here. */
  readonly errors: Readonly<Record<number, z.ZodType>>;
}

const LOOK = { 404: ErrorBody, 503: ErrorBody };
const ASK = {
  400: ErrorBody,
  404: ErrorBody,
  413: ErrorBody,
  415: ErrorBody,
  422: ErrorBody,
  503: ErrorBody,
};

const TASK_BODY = {
  "application/json": TaskRequest,
  "image/*": null,
  "audio/*": null,
  "text/plain": null,
  "application/octet-stream": null,
};
const TASK_QUERY = {
  stream: "`true`: partial answers as server-sent events (as does Accept: text/event-stream)",
  warnings: "`true`: the answer as {answer, warnings}; else warnings are in the header x-modelyard-warnings",
};
const ANSWER = z
  .unknown()
  .meta({ description: "As the model's task has it: GET /models/{model} gives the schema" });

/** Operations that exist for the newest version of a model and for a named one. */
function versions(base: string, rest: string, operation: Omit<Operation, "path">): Operation[] {
  return [
    { ...operation, path: `${base}${rest}` },
    {
      ...operation,
      path: `${base}/versions/{version}${rest}`,
      summary: `${operation.summary}, of one version`,
    },
  ];
}

/** Every operation of the server. A test holds this table and the routes together. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/models",
    tag: "Models",
    summary: "Every model, ready or not",
    answer: ModelList,
    errors: {},
  },
  ...versions("/models/{model}", "", {
    method: "get",
    tag: "Models",
    summary: "Signature, meaning and examples of a model",
    answer: ModelDetail,
    errors: LOOK,
  }),
  ...versions("/models/{model}", "", {
    method: "post",
    tag: "Models",
    summary: "Ask a model: a picture, a sound, text or JSON goes in, an answer in words comes out",
    query: TASK_QUERY,
    body: TASK_BODY,
    answer: ANSWER,
    errors: ASK,
  }),
  ...versions("/models/{model}", "/example", {
    method: "get",
    tag: "Models",
    summary: "An input that the model could take",
    answer: "*/*",
    errors: LOOK,
  }),
  {
    method: "get",
    path: "/v2",
    tag: "Open Inference Protocol",
    summary: "The server and its extensions",
    answer: ServerMetadata,
    errors: {},
  },
  {
    method: "get",
    path: "/v2/health/live",
    access: "open",
    tag: "Open Inference Protocol",
    summary: "Whether the server runs",
    answer: Live,
    errors: {},
  },
  {
    method: "get",
    path: "/v2/health/ready",
    access: "open",
    tag: "Open Inference Protocol",
    summary: "Whether a model answers, or every model",
    query: { models: "`all` asks whether every model answers, as a readiness probe should." },
    answer: Ready,
    errors: { 503: Ready },
  },
  {
    method: "get",
    path: "/v2/models",
    tag: "Open Inference Protocol",
    summary: "Names of the models",
    answer: ModelNames,
    errors: {},
  },
  ...versions("/v2/models/{model}", "", {
    method: "get",
    tag: "Open Inference Protocol",
    summary: "Inputs and outputs of a model",
    answer: ModelMetadata,
    errors: LOOK,
  }),
  ...versions("/v2/models/{model}", "/ready", {
    method: "get",
    tag: "Open Inference Protocol",
    summary: "Whether a model can answer",
    answer: ModelReady,
    errors: LOOK,
  }),
  ...versions("/v2/models/{model}", "/infer", {
    method: "post",
    tag: "Open Inference Protocol",
    summary: "Tensors in, tensors out; the body is read as JSON whatever its content type says",
    body: { "application/json": InferRequest },
    answer: InferResponse,
    errors: ASK,
  }),
  {
    method: "get",
    path: "/metrics",
    access: "admin",
    tag: "Server",
    summary: "Counters and gauges for Prometheus",
    answer: "text/plain",
    errors: {},
  },
  {
    method: "get",
    path: "/openapi.json",
    access: "open",
    tag: "Server",
    summary: "This description",
    answer: "application/json",
    errors: {},
  },
];
